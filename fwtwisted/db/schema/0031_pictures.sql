-- What clients may be sent to the object store for (docs/storage.md §3.4).
-- In which quality the renditions of a picture lie where the picture lies; negative: they cannot be made; null: nobody
-- has looked.
ALTER TABLE attachment ADD COLUMN cut smallint;
CREATE INDEX attachment_cut ON attachment ((coalesce(cut, 0)), file) WHERE file IS NOT NULL;
-- Where a file lies that a preference names (the banner): local, s3; null: nobody has looked.
ALTER TABLE preference ADD COLUMN storage text;
