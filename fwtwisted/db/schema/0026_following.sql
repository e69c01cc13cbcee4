-- Walks through libraries elsewhere: how far they have come, and what they have met.

ALTER TABLE library_scan
    ADD COLUMN next_page        text,                       -- where to go on; null: at the beginning
    ADD COLUMN pages            integer NOT NULL DEFAULT 0, -- that were walked through
    ADD COLUMN most_pages       integer,                    -- that there can be, by what the library says of itself
    ADD COLUMN tries            integer NOT NULL DEFAULT 0, -- of the next page, that failed
    ADD COLUMN newest_upload    bigint,                     -- that was here when the walk began
    ADD COLUMN trouble          text;                       -- why it is errored
CREATE INDEX library_scan_created ON library_scan (creation_date);

-- Which uploads a walk has met.  What a whole walk did not meet is no longer there.
CREATE TABLE library_scan_met (
    scan_id             bigint NOT NULL REFERENCES library_scan (id) ON DELETE CASCADE,
    upload_id           bigint NOT NULL,                    -- which may go while the walk goes on
    PRIMARY KEY (scan_id, upload_id)
);
