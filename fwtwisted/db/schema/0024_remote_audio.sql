-- Audio of other servers on its way here: who brings it, so that nobody else asks for it meanwhile.
CREATE TABLE remote_download (
    upload_id           bigint PRIMARY KEY REFERENCES upload (id) ON DELETE CASCADE,
    holder              uuid NOT NULL,                      -- of this one download
    host                text NOT NULL,                      -- the machine, and
    home                text NOT NULL,                      -- the locked file that tells there whether the process lives
    path                text,                               -- of the growing file, once it is known to be audio
    length              bigint,                             -- bytes of the whole, as the other server says
    media_type          text,
    beat                timestamptz NOT NULL DEFAULT now(), -- when the holder was last seen at it
    wanted              timestamptz                         -- when another process last had listeners for it
);

-- A copy of what is now elsewhere is no copy of it any more, whoever writes the new address.
CREATE FUNCTION forget_moved_copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO doomed_file (name) VALUES (OLD.audio_file) ON CONFLICT DO NOTHING;
    NEW.audio_file = NULL; NEW.storage = NULL; NEW.checksum = NULL; NEW.etag = NULL; NEW.verified_date = NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER upload_moved BEFORE UPDATE OF source ON upload FOR EACH ROW
    WHEN (OLD.audio_file LIKE 'federation\_cache/tracks/%' AND OLD.audio_file = NEW.audio_file
          AND OLD.source LIKE 'http%' AND OLD.source IS DISTINCT FROM NEW.source)
    EXECUTE FUNCTION forget_moved_copy();

-- What a copy is was seen when it came; what its owner says of it then counts no more.
CREATE FUNCTION believe_the_copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.size = OLD.size; NEW.mimetype = OLD.mimetype; NEW.bitrate = OLD.bitrate; NEW.duration = OLD.duration;
    RETURN NEW;
END $$;
CREATE TRIGGER upload_told BEFORE UPDATE OF size, mimetype, bitrate, duration ON upload FOR EACH ROW
    WHEN (OLD.audio_file LIKE 'federation\_cache/tracks/%' AND OLD.audio_file = NEW.audio_file
          AND OLD.checksum IS NOT NULL AND OLD.source = NEW.source)
    EXECUTE FUNCTION believe_the_copy();
