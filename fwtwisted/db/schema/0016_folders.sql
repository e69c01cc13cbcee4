-- The folders of files that lie where they lie, for apps that walk through them.

-- A folder keeps its id for as long as its path stays: apps remember it.  Rows outlive their files; which folders
-- somebody meets is decided by what they may hear of the files below.
CREATE TABLE folder (
    id          bigserial PRIMARY KEY,
    parent_id   bigint REFERENCES folder (id) ON DELETE CASCADE,    -- null: the root of all
    path        text COLLATE "C" NOT NULL UNIQUE,       -- absolute, with a slash at its end: what lies below sorts behind
    name        text NOT NULL
);
CREATE INDEX folder_parent ON folder (parent_id);

ALTER TABLE upload ADD COLUMN folder_id bigint REFERENCES folder (id) ON DELETE SET NULL;  -- of a file in place
CREATE INDEX upload_folder ON upload (folder_id) WHERE folder_id IS NOT NULL;

-- The folder of a path, made with those above it when it is new.
CREATE FUNCTION folder_of(place text) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        known bigint;
        above bigint;
    BEGIN
        SELECT id INTO known FROM folder WHERE path = place;
        IF known IS NOT NULL THEN
            RETURN known;
        END IF;
        IF place <> '/' THEN
            above := folder_of(regexp_replace(place, '[^/]*/$', ''));
        END IF;
        INSERT INTO folder (parent_id, path, name) VALUES (above, place, substring(place FROM '([^/]*)/$'))
            ON CONFLICT (path) DO NOTHING RETURNING id INTO known;
        IF known IS NULL THEN                           -- somebody else was quicker
            SELECT id INTO known FROM folder WHERE path = place;
        END IF;
        RETURN known;
    END
$$;

CREATE FUNCTION upload_lies_in() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.folder_id := CASE WHEN NEW.source LIKE 'file:///%'
                              THEN folder_of(regexp_replace(substr(NEW.source, 8), '[^/]*$', '')) END;
        RETURN NEW;
    END
$$;
CREATE TRIGGER upload_lies_in BEFORE INSERT ON upload
    FOR EACH ROW WHEN (NEW.source LIKE 'file:///%') EXECUTE FUNCTION upload_lies_in();
CREATE TRIGGER upload_lies_elsewhere BEFORE UPDATE OF source ON upload
    FOR EACH ROW WHEN (NEW.source IS DISTINCT FROM OLD.source) EXECUTE FUNCTION upload_lies_in();
UPDATE upload SET folder_id = folder_of(regexp_replace(substr(source, 8), '[^/]*$', '')) WHERE source LIKE 'file:///%';
