-- Shows why a definition cannot be built.
-- $1 view, $2 digest, $3 reason, $4 file, $5 line, $6 statement
INSERT INTO projection_refusals (view, digest, reason, file, line, statement)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT ON CONSTRAINT view_has_one_refusal DO UPDATE
SET
    digest = excluded.digest, reason = excluded.reason, file = excluded.file, line = excluded.line,
    statement = excluded.statement, refused_at = now();
