-- Folds the batch into resource_inventory: its facts are added, and the rows of the deployments that they belong to are
-- derived anew from all their facts.
INSERT INTO resource_inventory_facts (
    deployment, stream_version, position, recorded_at, type, number, kind, identity, content)
SELECT
    stream_id, stream_version, position, recorded_at, type, (payload ->> 'number')::bigint,
    CASE type
        WHEN 'deployment.access_point_provisioned' THEN 'access_point'
        WHEN 'deployment.bucket_provisioned' THEN 'bucket'
        WHEN 'deployment.name_provisioned' THEN 'name'
        WHEN 'deployment.committed' THEN 'commit'
        WHEN 'deployment.application_declared' THEN 'application'
        WHEN 'deployment.resource_adopted' THEN payload ->> 'kind'
        ELSE payload ->> 'step' END,
    CASE type
        WHEN 'deployment.resource_adopted' THEN payload ->> 'identity'
        WHEN 'deployment.access_point_provisioned' THEN payload ->> 'accessPoint'
        WHEN 'deployment.bucket_provisioned' THEN payload ->> 'bucket'
        WHEN 'deployment.name_provisioned' THEN payload ->> 'name'
        WHEN 'deployment.application_declared' THEN payload ->> 'application'
        -- Of an undoing too: the commit that took the files back.
        ELSE payload ->> 'commit' END,
    CASE type
        WHEN 'deployment.requested' THEN jsonb_build_object(
            'requestedBy', payload -> 'requestedBy', 'customer', payload -> 'release' -> 'customer',
            'environment', payload -> 'release' -> 'environment', 'cluster', payload -> 'release' -> 'cluster',
            'region', payload -> 'release' -> 'target' -> 'region')
        -- In the words of the event that tells of one which a step found.
        WHEN 'deployment.resource_adopted' THEN
            jsonb_build_object('number', payload -> 'number', 'wasAdopted', true)
            || CASE payload ->> 'kind'
                WHEN 'access_point' THEN jsonb_build_object('fileSystem', payload -> 'container')
                ELSE '{}' END
        ELSE payload END
FROM batch;

-- Gone and made anew is what a row is when it is derived; what it was before makes no difference.
DELETE FROM resource_inventory
WHERE deployment IN (SELECT stream_id FROM batch);

INSERT INTO resource_inventory (
    deployment, kind, identity, state, customer, environment, cluster, region, release, requested_by, purpose, was_adopted,
    made_at, confirmed_at, confirmed_release, removed_at, evidence, removal_problem, details, updated_at, made_position,
    stream_version, position)
WITH touched AS (SELECT DISTINCT stream_id AS deployment FROM batch),

-- Of each kind but commits a deployment has one at a time, so taking one back takes back the one that is there: lives of a kind
-- are counted by how often it was taken back before.
numbered AS (
    SELECT
        facts.*,
        count(*) FILTER (WHERE facts.type = 'deployment.undone')
            OVER (PARTITION BY facts.deployment, facts.kind ORDER BY facts.stream_version) AS life
    FROM resource_inventory_facts AS facts
    INNER JOIN touched ON touched.deployment = facts.deployment
    WHERE
        facts.type IN (
            'deployment.access_point_provisioned', 'deployment.bucket_provisioned', 'deployment.name_provisioned',
            'deployment.application_declared', 'deployment.resource_adopted', 'deployment.undone')
        AND facts.kind <> 'commit'
),

-- What the folder is after each fact about it. While a release is live, taking back the files of a later one leaves those of
-- the live one: at the commit that restored them, or where they never changed, at the one before.
changes AS (
    SELECT
        facts.deployment, facts.stream_version, facts.identity,
        CASE
            WHEN facts.type = 'deployment.committed' THEN 'declares'
            WHEN live.type = 'deployment.went_live' AND ending.number IS NULL THEN 'restores'
            ELSE 'removes' END AS purpose,
        CASE
            WHEN facts.type = 'deployment.committed' THEN facts.identity
            WHEN live.type = 'deployment.went_live' AND ending.number IS NULL THEN
                coalesce(facts.identity, before.identity) END AS identity_after
    FROM resource_inventory_facts AS facts
    INNER JOIN touched ON touched.deployment = facts.deployment
    LEFT JOIN LATERAL (
        SELECT earlier.type, earlier.number, earlier.stream_version
        FROM resource_inventory_facts AS earlier
        WHERE
            earlier.deployment = facts.deployment AND earlier.stream_version < facts.stream_version
            AND earlier.type IN ('deployment.went_live', 'deployment.decommissioned')
        ORDER BY earlier.stream_version DESC
        LIMIT 1
    ) AS live ON true
    LEFT JOIN LATERAL (
        SELECT earlier.number
        FROM resource_inventory_facts AS earlier
        WHERE
            earlier.deployment = facts.deployment AND earlier.number = facts.number
            AND earlier.type = 'deployment.decommission_requested'
    ) AS ending ON true
    LEFT JOIN LATERAL (
        SELECT earlier.identity
        FROM resource_inventory_facts AS earlier
        WHERE
            earlier.deployment = facts.deployment AND earlier.stream_version < facts.stream_version
            AND earlier.kind = 'commit' AND earlier.identity IS NOT NULL
            AND (
                (earlier.type = 'deployment.committed' AND earlier.number = live.number)
                OR (earlier.type = 'deployment.undone' AND earlier.stream_version > live.stream_version))
        ORDER BY earlier.stream_version DESC
        LIMIT 1
    ) AS before ON true
    WHERE facts.kind = 'commit' AND facts.type IN ('deployment.committed', 'deployment.undone')
),

folder AS (
    SELECT
        changes.*, lead(stream_version) OVER later AS next_version, lead(identity_after) OVER later AS next_identity
    FROM changes
    WINDOW later AS (PARTITION BY deployment ORDER BY stream_version)
),

-- When each thing was made and confirmed, was last there, and ceased to be.
lives AS (
    SELECT
        makings.deployment, makings.kind, makings.identity, NULL AS purpose, makings.making, makings.confirmation,
        makings.confirmation AS presence, removal.stream_version AS removal, false AS is_replaced
    FROM (
        SELECT
            deployment, kind, identity, life, min(stream_version) AS making, max(stream_version) AS confirmation
        FROM numbered
        WHERE type <> 'deployment.undone'
        GROUP BY deployment, kind, identity, life
    ) AS makings
    LEFT JOIN numbered AS removal
        ON removal.deployment = makings.deployment AND removal.kind = makings.kind
        AND removal.type = 'deployment.undone' AND removal.life = makings.life + 1
    UNION ALL
    SELECT
        commits.deployment, 'commit', commits.identity, commits.purpose, commits.stream_version, commits.stream_version,
        coalesce(presence.stream_version, commits.stream_version),
        CASE WHEN presence.stream_version IS NULL THEN commits.stream_version ELSE presence.next_version END,
        presence.next_identity IS NOT NULL
    FROM (
        SELECT DISTINCT ON (deployment, identity) deployment, identity, purpose, stream_version
        FROM folder
        WHERE identity IS NOT NULL
        ORDER BY deployment, identity, stream_version
    ) AS commits
    LEFT JOIN (
        SELECT DISTINCT ON (deployment, identity_after)
            deployment, identity_after, stream_version, next_version, next_identity
        FROM folder
        WHERE identity_after IS NOT NULL
        ORDER BY deployment, identity_after, stream_version DESC
    ) AS presence
        ON presence.deployment = commits.deployment AND presence.identity_after = commits.identity
)

SELECT DISTINCT ON (lives.deployment, lives.kind, lives.identity)
    lives.deployment, lives.kind, lives.identity,
    CASE
        WHEN lives.is_replaced THEN 'replaced'
        WHEN lives.removal IS NOT NULL THEN 'removed'
        WHEN attempt.type = 'deployment.undo_failed' THEN 'removal_failed'
        WHEN attempt.stream_version > coalesce(ending.stream_version, 0) THEN 'removing'
        WHEN ending.stream_version IS NOT NULL AND revival.stream_version IS NULL THEN 'kept'
        ELSE 'present' END,
    request.content ->> 'customer', request.content ->> 'environment', request.content ->> 'cluster',
    request.content ->> 'region', making.number, coalesce(ending_request.content, request.content) ->> 'requestedBy',
    lives.purpose, (confirmation.content ->> 'wasAdopted')::boolean, making.recorded_at, confirmation.recorded_at,
    confirmation.number, removal.recorded_at, removal.content ->> 'evidence', problem.content ->> 'reason',
    confirmation.content
    - ARRAY['number', 'step', 'evidence', 'wasAdopted', 'accessPoint', 'bucket', 'name', 'commit', 'application'],
    latest.recorded_at, making.position, latest.stream_version, latest.position
FROM lives
INNER JOIN resource_inventory_facts AS making
    ON making.deployment = lives.deployment AND making.stream_version = lives.making
INNER JOIN resource_inventory_facts AS confirmation
    ON confirmation.deployment = lives.deployment AND confirmation.stream_version = lives.confirmation
LEFT JOIN resource_inventory_facts AS removal
    ON removal.deployment = lives.deployment AND removal.stream_version = lives.removal
-- The release that made it. A commit that takes the folder away has the number of a decommission: the last release before it.
INNER JOIN LATERAL (
    SELECT facts.content
    FROM resource_inventory_facts AS facts
    WHERE
        facts.deployment = lives.deployment AND facts.type = 'deployment.requested' AND facts.number <= making.number
    ORDER BY facts.number DESC
    LIMIT 1
) AS request ON true
LEFT JOIN LATERAL (
    SELECT facts.content
    FROM resource_inventory_facts AS facts
    WHERE
        facts.deployment = lives.deployment AND facts.type = 'deployment.decommission_requested'
        AND facts.number = making.number
) AS ending_request ON true
-- Its removal, where that is under way. The files of a live release are not those that another release's compensation takes
-- back.
LEFT JOIN LATERAL (
    SELECT facts.type, facts.stream_version, facts.content
    FROM resource_inventory_facts AS facts
    WHERE
        lives.removal IS NULL AND facts.deployment = lives.deployment AND facts.kind = lives.kind
        AND facts.stream_version > lives.presence
        AND facts.type IN ('deployment.undo_started', 'deployment.undo_attempt_failed', 'deployment.undo_failed')
        AND (
            lives.kind <> 'commit' OR facts.number = making.number
            OR EXISTS (
                SELECT
                FROM resource_inventory_facts AS decommission
                WHERE
                    decommission.deployment = facts.deployment AND decommission.number = facts.number
                    AND decommission.type = 'deployment.decommission_requested'))
    ORDER BY facts.stream_version DESC
    LIMIT 1
) AS attempt ON true
LEFT JOIN LATERAL (
    SELECT facts.content
    FROM resource_inventory_facts AS facts
    WHERE
        facts.deployment = lives.deployment AND facts.kind = lives.kind AND facts.stream_version > lives.presence
        AND facts.stream_version <= attempt.stream_version
        AND facts.type IN ('deployment.undo_attempt_failed', 'deployment.undo_failed')
    ORDER BY facts.stream_version DESC
    LIMIT 1
) AS problem ON true
-- Whether the deployment was decommissioned without it, and requested once more since.
LEFT JOIN LATERAL (
    SELECT max(facts.stream_version) AS stream_version
    FROM resource_inventory_facts AS facts
    WHERE
        lives.removal IS NULL AND facts.deployment = lives.deployment AND facts.type = 'deployment.decommissioned'
        AND facts.stream_version > lives.presence
) AS ending ON true
LEFT JOIN LATERAL (
    SELECT min(facts.stream_version) AS stream_version
    FROM resource_inventory_facts AS facts
    WHERE
        facts.deployment = lives.deployment AND facts.type = 'deployment.requested'
        AND facts.stream_version > ending.stream_version
) AS revival ON true
INNER JOIN resource_inventory_facts AS latest
    ON latest.deployment = lives.deployment
    AND latest.stream_version = greatest(
        lives.presence, lives.confirmation, lives.removal, attempt.stream_version, ending.stream_version,
        revival.stream_version)
ORDER BY lives.deployment, lives.kind, lives.identity, lives.making DESC;
