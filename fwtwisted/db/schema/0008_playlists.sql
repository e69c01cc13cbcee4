-- Lists of tracks that people make, and radios that never end.

-- Every state of a playlist has a number of its own, on the whole pod: what is counted of one holds for its number.
CREATE SEQUENCE playlist_revision;

CREATE TABLE playlist (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- the owner
    name                text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    folded_name         text NOT NULL GENERATED ALWAYS AS (folded(name)) STORED,
    privacy_level       text NOT NULL CHECK (privacy_level IN ('me', 'followers', 'instance', 'everyone')),
    creation_date       timestamptz NOT NULL DEFAULT now(),
    modification_date   timestamptz NOT NULL DEFAULT now(),
    revision            bigint NOT NULL DEFAULT nextval('playlist_revision')  -- of its tracks
);
CREATE INDEX playlist_owner ON playlist (actor_id, id);
CREATE INDEX playlist_created ON playlist (creation_date, id);
CREATE INDEX playlist_modified ON playlist (modification_date, id);
CREATE INDEX playlist_by_name ON playlist (folded_name, id);

-- Places order the tracks and may have gaps, where a track is gone from the pod; what is shown is the rank.
CREATE TABLE playlist_track (
    id                  bigserial PRIMARY KEY,
    playlist_id         bigint NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    place               integer NOT NULL,               -- from 0
    creation_date       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (playlist_id, place) DEFERRABLE INITIALLY IMMEDIATE  -- checked at the end of a statement, so that rows may shift
);
CREATE INDEX playlist_track_track ON playlist_track (track_id, playlist_id);

-- A radio that somebody made of filters.
CREATE TABLE radio (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,  -- the owner
    name                text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    folded_name         text NOT NULL GENERATED ALWAYS AS (folded(name)) STORED,
    description         text NOT NULL DEFAULT '',
    is_public           boolean NOT NULL DEFAULT false,
    config              jsonb NOT NULL DEFAULT '[]',    -- a list of filters: docs/api.md §4.13
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX radio_owner ON radio (account_id, id);
CREATE INDEX radio_by_name ON radio (folded_name, id);
CREATE INDEX radio_created ON radio (creation_date, id);

-- Somebody listening to a radio: an account, or a visitor with a cookie.
CREATE TABLE radio_session (
    id                  bigserial PRIMARY KEY,
    account_id          bigint REFERENCES account (id) ON DELETE CASCADE,
    cookie              bytea REFERENCES session (digest) ON DELETE CASCADE,
    radio_type          text NOT NULL,
    related_object_id   text,                           -- a track, an artist, a tag, a library, an actor: as the type says
    custom_radio_id     bigint REFERENCES radio (id) ON DELETE CASCADE,
    config              jsonb,
    played              integer NOT NULL DEFAULT 0,     -- tracks given so far
    creation_date       timestamptz NOT NULL DEFAULT now(),
    last_used           timestamptz NOT NULL DEFAULT now(),
    CHECK ((account_id IS NULL) <> (cookie IS NULL))
);
CREATE INDEX radio_session_account ON radio_session (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX radio_session_cookie ON radio_session (cookie) WHERE cookie IS NOT NULL;
CREATE INDEX radio_session_custom ON radio_session (custom_radio_id) WHERE custom_radio_id IS NOT NULL;
CREATE INDEX radio_session_used ON radio_session (last_used);

CREATE TABLE radio_session_track (
    id                  bigserial PRIMARY KEY,
    session_id          bigint NOT NULL REFERENCES radio_session (id) ON DELETE CASCADE,
    position            integer NOT NULL,               -- from 1
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    UNIQUE (session_id, track_id)
);
CREATE INDEX radio_session_track_track ON radio_session_track (track_id);

-- How often somebody heard a track.
CREATE INDEX listening_heard ON listening (actor_id, track_id);
