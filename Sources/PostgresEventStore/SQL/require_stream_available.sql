-- Fails where events of a stream after a version are archived. Parameters: category, id, version.
SELECT require_stream_available($1, $2, $3::bigint)
