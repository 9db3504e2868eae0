-- As require_available, but by what is committed when it is called: a statement that has folded asks it last, for the record of an archive is
-- committed before its events go.
CREATE FUNCTION still_available(after bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN require_available(after);
END
$$;
