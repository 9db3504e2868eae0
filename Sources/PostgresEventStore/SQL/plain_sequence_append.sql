-- Adds to that log. Parameters: event id.
INSERT INTO events (event_id) VALUES ($1::uuid)
