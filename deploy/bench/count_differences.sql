-- Rows of deployment_status that only the view or only the hand-written statement has.
SELECT count(*) AS differences
FROM (
    (SELECT * FROM views.deployment_status EXCEPT ALL SELECT * FROM reference.deployment_status)
    UNION ALL
    (SELECT * FROM reference.deployment_status EXCEPT ALL SELECT * FROM views.deployment_status)
) AS different
