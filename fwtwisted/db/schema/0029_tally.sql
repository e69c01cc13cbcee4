-- How much each library holds, without looking at its uploads: every statement that writes uploads adds what it changed.
-- Nobody waits for anybody: rows are only added, and put together again now and then (fwtwisted/db/files/tally.py).
CREATE TABLE upload_tally (
    library_id          bigint NOT NULL,                -- may be gone already: its uploads went with it
    import_status       text NOT NULL,
    in_place            boolean NOT NULL,               -- files that are used where they lie take none of the quota
    uploads             bigint NOT NULL,                -- how many more, or fewer
    sized               bigint NOT NULL,                -- how many more, or fewer, of known size
    bytes               bigint NOT NULL
);
CREATE INDEX upload_tally_library ON upload_tally (library_id);

INSERT INTO upload_tally
SELECT library_id, import_status, coalesce(source LIKE 'file://%', false), count(*), count(size), coalesce(sum(size), 0)
  FROM upload GROUP BY 1, 2, 3;

CREATE FUNCTION uploads_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_tally
    SELECT library_id, import_status, coalesce(source LIKE 'file://%', false), count(*), count(size),
           coalesce(sum(size), 0)
      FROM came GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_came AFTER INSERT ON upload REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_came();

CREATE FUNCTION uploads_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_tally
    SELECT library_id, import_status, coalesce(source LIKE 'file://%', false), -count(*), -count(size),
           -coalesce(sum(size), 0)
      FROM went GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_went AFTER DELETE ON upload REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_went();

CREATE FUNCTION uploads_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_tally
    SELECT library_id, import_status, coalesce(source LIKE 'file://%', false), sum(one),
           coalesce(sum(one) FILTER (WHERE size IS NOT NULL), 0), coalesce(sum(one * size), 0)
      FROM (SELECT library_id, import_status, source, size, 1 AS one FROM after
             UNION ALL
            SELECT library_id, import_status, source, size, -1 FROM before) AS changed
     GROUP BY 1, 2, 3
    HAVING sum(one) <> 0 OR sum(one * size) <> 0 OR sum(one) FILTER (WHERE size IS NOT NULL) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_changed AFTER UPDATE ON upload REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_changed();
