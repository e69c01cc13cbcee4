-- Who holds which files, and who may see them.

CREATE TABLE library (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    followers_url       text NOT NULL,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- the owner
    name                text NOT NULL CHECK (length(name) <= 100),
    description         text,
    privacy_level       text NOT NULL DEFAULT 'me' CHECK (privacy_level IN ('me', 'instance', 'everyone')),
    is_channel          boolean NOT NULL DEFAULT false, -- holds a channel's uploads, never listed
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX library_owner ON library (actor_id, id);
CREATE INDEX library_created ON library (creation_date, id);

CREATE TABLE channel (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    artist_id           bigint NOT NULL UNIQUE REFERENCES artist (id) ON DELETE CASCADE,
    library_id          bigint NOT NULL UNIQUE REFERENCES library (id) ON DELETE CASCADE,
    actor_id            bigint NOT NULL UNIQUE REFERENCES actor (id),             -- who speaks
    attributed_to_id    bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- who owns it
    rss_url             text UNIQUE,                    -- an external feed
    metadata            jsonb NOT NULL DEFAULT '{}',
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX channel_owner ON channel (attributed_to_id, id);

-- One row per wish to follow an actor (a person, a channel) or a library.
CREATE TABLE follow (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- who follows
    target_actor_id     bigint REFERENCES actor (id) ON DELETE CASCADE,
    target_library_id   bigint REFERENCES library (id) ON DELETE CASCADE,
    approved            boolean,                        -- null: waiting
    creation_date       timestamptz NOT NULL DEFAULT now(),
    modification_date   timestamptz NOT NULL DEFAULT now(),
    CHECK ((target_actor_id IS NULL) <> (target_library_id IS NULL)),
    UNIQUE (actor_id, target_actor_id),
    UNIQUE (actor_id, target_library_id)
);
CREATE INDEX follow_target_actor ON follow (target_actor_id, id);
CREATE INDEX follow_target_library ON follow (target_library_id, id);

CREATE TABLE upload (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    library_id          bigint NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    track_id            bigint REFERENCES track (id) ON DELETE SET NULL,
    audio_file          text UNIQUE,                    -- stored name: docs/storage.md §2.1
    storage             text,                           -- local, s3
    source              text,                           -- file://…, https://…, upload://name
    in_place_size       bigint,                         -- as seen when its tags were read, bytes
    in_place_mtime_ns   bigint,                         -- the same, nanoseconds since 1970
    size                bigint,                         -- bytes
    checksum            text,                           -- sha256:HEX of the whole file
    etag                text,
    verified_date       timestamptz,
    mimetype            text,
    bitrate             integer,                        -- bits a second
    duration            integer,                        -- whole seconds
    import_status       text NOT NULL DEFAULT 'pending'
                        CHECK (import_status IN ('draft', 'pending', 'finished', 'errored', 'skipped')),
    import_details      jsonb NOT NULL DEFAULT '{}',
    import_metadata     jsonb NOT NULL DEFAULT '{}',
    import_reference    text NOT NULL,
    metadata            jsonb NOT NULL DEFAULT '{}',    -- what the tags say beyond the catalog: gain, lyrics, …
    downloads_count     integer NOT NULL DEFAULT 0,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    modification_date   timestamptz NOT NULL DEFAULT now(),
    accessed_date       timestamptz,
    import_date         timestamptz
);
CREATE INDEX upload_track ON upload (track_id, library_id) WHERE import_status IN ('finished', 'skipped');
CREATE INDEX upload_library ON upload (library_id, creation_date, id);
CREATE INDEX upload_by_track ON upload (track_id);
CREATE INDEX upload_reference ON upload (import_reference, import_status);
CREATE INDEX upload_status ON upload (import_status, id) WHERE import_status IN ('draft', 'pending', 'errored');
CREATE UNIQUE INDEX upload_in_place ON upload (library_id, source) WHERE source LIKE 'file://%';
CREATE INDEX upload_checksum ON upload (checksum);

-- Transcoded forms of an upload, kept for the next listener.
CREATE TABLE upload_version (
    id                  bigserial PRIMARY KEY,
    upload_id           bigint NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    mimetype            text NOT NULL,
    bitrate             integer NOT NULL,               -- bits a second
    audio_file          text NOT NULL UNIQUE,
    storage             text NOT NULL DEFAULT 'local',
    size                bigint NOT NULL,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    accessed_date       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (upload_id, mimetype, bitrate)
);
CREATE INDEX upload_version_accessed ON upload_version (accessed_date);

-- Stored files whose row is gone: removed from the store after the commit, however often that takes.
CREATE TABLE doomed_file (
    name                text PRIMARY KEY,
    doomed              timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE library_scan (
    id                  bigserial PRIMARY KEY,
    library_id          bigint NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    actor_id            bigint REFERENCES actor (id) ON DELETE SET NULL,
    status              text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'scanning', 'errored', 'finished')),
    total_files         integer NOT NULL DEFAULT 0,
    processed_files     integer NOT NULL DEFAULT 0,
    errored_files       integer NOT NULL DEFAULT 0,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    modification_date   timestamptz
);
CREATE INDEX library_scan_latest ON library_scan (library_id, id);
