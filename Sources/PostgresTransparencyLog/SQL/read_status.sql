-- How far the notary is, and what stopped it.
SELECT
    (SELECT CASE WHEN count(*) = 1 THEN min(position) END FROM log_head) AS head, a.kind, a.position, a.detail
FROM (SELECT) AS one
LEFT JOIN audit_alarms AS a ON true
