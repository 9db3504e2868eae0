-- Which outside system an effect keeps busy, on which cluster, for which customer: what limits, breakers and fairness go by.
ALTER TABLE effects
    -- 'none' for what calls nobody. Replicas of an older build that go on running do not say more.
    ADD COLUMN system text NOT NULL DEFAULT 'none' CONSTRAINT system_is_one_word CHECK (system ~ '^[a-z0-9_]+$'),
    -- What of the system fails as one: a region of it, or all.
    ADD COLUMN circuit text NOT NULL DEFAULT 'none' CONSTRAINT circuit_not_empty CHECK (circuit <> ''),
    -- NULL where it is not known.
    ADD COLUMN cluster text,
    ADD COLUMN customer text;

-- Rows that are there get what their events say. Names of customers have no hyphen, so those of deployments are read one way.
UPDATE effects AS effect
SET system = target.system,
    circuit = CASE WHEN target.system IN ('aws_efs', 'aws_s3') THEN concat_ws('/', target.system, request.region) ELSE target.system END,
    cluster = request.cluster,
    customer = CASE WHEN effect.stream_category = 'deployment' THEN split_part(effect.stream_id, '-', 1) END
FROM
    effects AS same
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN same.payload->>'step' = 'access_point' THEN 'aws_efs'
                WHEN same.payload->>'step' = 'bucket' THEN 'aws_s3'
                WHEN same.payload->>'step' = 'name' THEN 'aws_route53'
                WHEN same.payload->>'step' = 'commit' THEN 'github'
                WHEN same.payload->>'step' IN ('application', 'sync', 'health') THEN 'argocd'
                ELSE 'none'
            END AS system
    ) AS target
    LEFT JOIN LATERAL (
        SELECT
            event.payload->'release'->>'cluster' AS cluster,
            event.payload->'release'->'target'->>'region' AS region
        FROM events AS event
        WHERE
            event.stream_category = same.stream_category AND event.stream_id = same.stream_id
            AND event.type = 'deployment.requested'
        ORDER BY event.stream_version DESC
        LIMIT 1
    ) AS request ON true
WHERE effect.effect_id = same.effect_id;

-- Workers claim by system.
CREATE INDEX effects_due_of_system ON effects (system, due_at) WHERE ended_at IS NULL;
