-- Where stored files are, and whether they are sound (docs/storage.md §2.4); uploads have had these columns all along.
ALTER TABLE upload_version
    ADD COLUMN etag             text,                       -- the object store's
    ADD COLUMN checksum         text,                       -- sha256:HEX; null: never read as a whole
    ADD COLUMN verified_date    timestamptz;                -- when its bytes were last seen to be right

ALTER TABLE attachment
    ADD COLUMN storage          text NOT NULL DEFAULT 'local',  -- local, s3; without a file it means nothing
    ADD COLUMN etag             text,
    ADD COLUMN verified_date    timestamptz;

-- Moving goes by name through what is not yet where it should be.
CREATE INDEX upload_by_storage ON upload (storage, audio_file) WHERE audio_file IS NOT NULL;
CREATE INDEX upload_version_by_storage ON upload_version (storage, audio_file);
CREATE INDEX attachment_by_storage ON attachment (storage, file) WHERE file IS NOT NULL;
