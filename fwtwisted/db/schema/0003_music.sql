-- What is known of music, whoever owns the files.

CREATE TABLE attachment (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    actor_id            bigint REFERENCES actor (id) ON DELETE SET NULL,  -- who uploaded it
    url                 text UNIQUE,                    -- where a remote image comes from
    file                text UNIQUE,                    -- stored name; null: not here yet
    size                bigint,                         -- bytes
    mimetype            text,
    sha256              bytea,                          -- of the stored file
    creation_date       timestamptz NOT NULL DEFAULT now(),
    last_fetch_date     timestamptz,
    used                boolean NOT NULL DEFAULT false  -- something refers to it; loose ones are pruned
);
CREATE INDEX attachment_loose ON attachment (creation_date) WHERE NOT used;
CREATE INDEX attachment_sha256 ON attachment (sha256) WHERE sha256 IS NOT NULL;
ALTER TABLE actor ADD FOREIGN KEY (icon_id) REFERENCES attachment (id) ON DELETE SET NULL;

CREATE TABLE tag (
    id                  bigserial PRIMARY KEY,
    name                text NOT NULL,
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tag_name ON tag (lower(name));
CREATE INDEX tag_created ON tag (creation_date, id);
CREATE INDEX tag_length ON tag (length(name), id);

CREATE TABLE artist (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    mbid                uuid UNIQUE,                    -- MusicBrainz artist
    name                text NOT NULL,
    folded_name         text NOT NULL GENERATED ALWAYS AS (folded(name)) STORED,
    search              tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', folded(name))) STORED,
    content_category    text NOT NULL DEFAULT 'music' CHECK (content_category IN ('music', 'podcast', 'other')),
    attributed_to_id    bigint REFERENCES actor (id) ON DELETE SET NULL,
    cover_id            bigint REFERENCES attachment (id) ON DELETE SET NULL,
    description         text,
    description_type    text,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    modification_date   timestamptz NOT NULL DEFAULT now(),
    last_fetch_date     timestamptz
);
CREATE INDEX artist_by_name ON artist (folded_name, id);
CREATE INDEX artist_exact ON artist (lower(name));
CREATE INDEX artist_search ON artist USING gin (search);
CREATE INDEX artist_created ON artist (creation_date, id);
CREATE INDEX artist_modified ON artist (modification_date, id);

CREATE TABLE album (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    mbid                uuid UNIQUE,                    -- MusicBrainz release
    title               text NOT NULL,
    folded_title        text NOT NULL GENERATED ALWAYS AS (folded(title)) STORED,
    search              tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', folded(title))) STORED,
    artist_id           bigint NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    release_date        date,
    attributed_to_id    bigint REFERENCES actor (id) ON DELETE SET NULL,
    cover_id            bigint REFERENCES attachment (id) ON DELETE SET NULL,
    description         text,
    description_type    text,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    last_fetch_date     timestamptz
);
CREATE INDEX album_artist ON album (artist_id, release_date, id);
CREATE INDEX album_exact ON album (artist_id, lower(title));
CREATE INDEX album_by_title ON album (folded_title, id);
CREATE INDEX album_search ON album USING gin (search);
CREATE INDEX album_created ON album (creation_date, id);
CREATE INDEX album_released ON album (release_date, id);

CREATE TABLE track (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    mbid                uuid,                           -- MusicBrainz recording; several albums may hold one
    title               text NOT NULL,
    folded_title        text NOT NULL GENERATED ALWAYS AS (folded(title)) STORED,
    search              tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', folded(title))) STORED,
    artist_id           bigint NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    album_id            bigint REFERENCES album (id) ON DELETE CASCADE,
    position            integer CHECK (position > 0),
    disc_number         integer CHECK (disc_number > 0),
    license             text,                           -- code, see model/licenses.py
    copyright           text,
    attributed_to_id    bigint REFERENCES actor (id) ON DELETE SET NULL,
    cover_id            bigint REFERENCES attachment (id) ON DELETE SET NULL,
    description         text,
    description_type    text,
    downloads_count     integer NOT NULL DEFAULT 0,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    last_fetch_date     timestamptz
);
CREATE INDEX track_artist ON track (artist_id, id);
CREATE INDEX track_album ON track (album_id, disc_number, position, id);
CREATE INDEX track_mbid ON track (mbid) WHERE mbid IS NOT NULL;
CREATE INDEX track_by_title ON track (folded_title, id);
CREATE INDEX track_search ON track USING gin (search);
CREATE INDEX track_created ON track (creation_date, id);
CREATE INDEX track_license ON track (license) WHERE license IS NOT NULL;

-- Everybody who is named, in the order and the words of the tags; the first is artist_id of the object itself.
CREATE TABLE track_credit (
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    place               integer NOT NULL,               -- from 0
    artist_id           bigint NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    credit              text NOT NULL,                  -- the name as written there
    joinphrase          text NOT NULL DEFAULT '',
    PRIMARY KEY (track_id, place)
);
CREATE INDEX track_credit_artist ON track_credit (artist_id, track_id);
CREATE TABLE album_credit (
    album_id            bigint NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    place               integer NOT NULL,
    artist_id           bigint NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    credit              text NOT NULL,
    joinphrase          text NOT NULL DEFAULT '',
    PRIMARY KEY (album_id, place)
);
CREATE INDEX album_credit_artist ON album_credit (artist_id, album_id);

CREATE TABLE artist_tag (
    artist_id           bigint NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    tag_id              bigint NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (artist_id, tag_id)
);
CREATE INDEX artist_tag_tag ON artist_tag (tag_id, artist_id);
CREATE TABLE album_tag (
    album_id            bigint NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    tag_id              bigint NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (album_id, tag_id)
);
CREATE INDEX album_tag_tag ON album_tag (tag_id, album_id);
CREATE TABLE track_tag (
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    tag_id              bigint NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (track_id, tag_id)
);
CREATE INDEX track_tag_tag ON track_tag (tag_id, track_id);
