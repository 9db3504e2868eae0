-- The leaves of the audit tree after a position and up to another, read in binary form by column number. Parameters: both.
SELECT position, leaf_hash FROM events WHERE position > $1::bigint AND position <= $2::bigint ORDER BY position
