-- Says which events the relation `batch` holds until the transaction ends.
-- $1 after this position, $2 up to and including this position
SELECT
    set_config('deploycenter.batch_from', $1::bigint::text, true),
    set_config('deploycenter.batch_to', $2::bigint::text, true);
