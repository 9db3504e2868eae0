-- Forgets what was asked by the commands on one stream alone, so that nobody can try out values against their digests; a repetition
-- of one of them is refused, and cannot bring the values back. Parameters: the stream's name.
UPDATE commands
SET digest = 'erased'
WHERE (outcome -> 'versions') ? $1::text AND (outcome -> 'versions') - $1::text = '{}'::jsonb AND digest <> 'erased'
