-- What people do together: shares, internet radio stations, chat; and how music sounds.

-- A page for people without an account, on which they hear what somebody here shows them.
CREATE TABLE share (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    secret              text NOT NULL UNIQUE,           -- the last part of its address; its owner is told it again
    description         text NOT NULL DEFAULT '',
    creation_date       timestamptz NOT NULL DEFAULT now(),
    expires             timestamptz,                    -- null: never
    last_visited        timestamptz,
    visit_count         integer NOT NULL DEFAULT 0
);
CREATE INDEX share_account ON share (account_id, id);

CREATE TABLE share_track (
    share_id            bigint NOT NULL REFERENCES share (id) ON DELETE CASCADE,
    place               integer NOT NULL,               -- from 0
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    PRIMARY KEY (share_id, place)
);
CREATE INDEX share_track_track ON share_track (track_id);

-- Internet radio stations, the same for everybody.
CREATE TABLE station (
    id                  bigserial PRIMARY KEY,
    name                text NOT NULL,
    stream_url          text NOT NULL,
    home_page_url       text NOT NULL DEFAULT '',       -- empty: none
    creation_date       timestamptz NOT NULL DEFAULT now()
);

-- What people of this pod say to each other; the last hundred messages of a week.
CREATE TABLE chat_message (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    message             text NOT NULL CHECK (length(message) BETWEEN 1 AND 2000),
    creation_date       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX chat_message_created ON chat_message (creation_date, id);
CREATE INDEX chat_message_account ON chat_message (account_id);

-- How a file sounds: numbers of about the same weight, made from what the decoder hears (wire/sounds.py).  Columns, for
-- an array would have to be unpacked for each of them, row by row; all are null where the file could not be read.
CREATE TABLE sound (
    upload_id           bigint PRIMARY KEY REFERENCES upload (id) ON DELETE CASCADE,
    method              smallint NOT NULL,              -- by which the numbers were made; others do not compare
    f1 real, f2 real, f3 real, f4 real, f5 real, f6 real, f7 real, f8 real,
    f9 real, f10 real, f11 real, f12 real, f13 real, f14 real, f15 real, f16 real
);
