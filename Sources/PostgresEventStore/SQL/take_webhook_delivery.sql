-- Takes a message that was not taken before, and forgets those of more than a week ago. Parameters: id.
WITH forgotten AS (
    DELETE FROM webhook_deliveries WHERE received_at < clock_timestamp() - interval '7 days'
)
INSERT INTO webhook_deliveries (id) VALUES ($1) ON CONFLICT ON CONSTRAINT delivery_is_taken_once DO NOTHING
