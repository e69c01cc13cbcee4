-- Feeds of other servers, and what was read in them.

-- Lists of channels: newest first, by owner, by category.
CREATE INDEX channel_created ON channel (creation_date, id);

-- A feed that somebody here subscribed to.  Its channel says what it is; this, how it is asked for.
CREATE TABLE feed (
    channel_id      bigint PRIMARY KEY REFERENCES channel (id) ON DELETE CASCADE,
    host            text NOT NULL,                      -- that is asked
    etag            text,                               -- of what was read last
    last_modified   text,                               -- the same, as the server wrote it
    digest          bytea,                              -- SHA-256 of what was read last
    due             timestamptz NOT NULL DEFAULT now(), -- not to be asked for before
    fetched         timestamptz,                        -- when it last went well, changed or not
    failures        integer NOT NULL DEFAULT 0,         -- since it last went well
    trouble         text                                -- what went wrong last; null: nothing
);
CREATE INDEX feed_due ON feed (due);

-- Every address under which a feed is known, those that it moved away from too.
CREATE TABLE feed_address (
    url             text PRIMARY KEY,
    channel_id      bigint NOT NULL REFERENCES channel (id) ON DELETE CASCADE
);
CREATE INDEX feed_address_channel ON feed_address (channel_id);

-- Which upload stands for which item of a feed.
CREATE TABLE feed_item (
    upload_id       bigint PRIMARY KEY REFERENCES upload (id) ON DELETE CASCADE,
    channel_id      bigint NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
    guid            text NOT NULL,                      -- what the publisher calls it, for ever
    published       timestamptz NOT NULL,
    digest          bytea NOT NULL,                     -- SHA-256 of all that it said
    UNIQUE (channel_id, guid)
);
CREATE INDEX feed_item_published ON feed_item (channel_id, published, upload_id);

-- Hosts that asked to be left alone for a while.
CREATE TABLE feed_host (
    host            text PRIMARY KEY,
    rests_until     timestamptz NOT NULL
);
