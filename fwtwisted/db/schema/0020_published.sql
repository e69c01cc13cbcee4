-- What other servers are shown: names on works as things with an id, and the order of the pages of libraries.

ALTER TABLE track_credit ADD COLUMN uuid uuid NOT NULL DEFAULT gen_random_uuid();  -- in its federation id
ALTER TABLE album_credit ADD COLUMN uuid uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX track_credit_uuid ON track_credit (uuid);
CREATE UNIQUE INDEX album_credit_uuid ON album_credit (uuid);

-- Pages of a library are read from this alone, however far in they are.
CREATE INDEX upload_shown ON upload (library_id, creation_date, id)
    WHERE import_status = 'finished' AND track_id IS NOT NULL AND mimetype LIKE 'audio/%';
