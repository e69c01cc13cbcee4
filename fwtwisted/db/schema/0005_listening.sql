-- What people do with music.

CREATE TABLE favorite (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (track_id, actor_id)
);
CREATE INDEX favorite_actor ON favorite (actor_id, creation_date, id);
CREATE INDEX favorite_created ON favorite (creation_date, id);

CREATE TABLE listening (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX listening_actor ON listening (actor_id, creation_date, id);
CREATE INDEX listening_created ON listening (creation_date, id);
CREATE INDEX listening_track ON listening (track_id);

-- Artists that somebody does not want to meet.
CREATE TABLE content_filter (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    artist_id           bigint NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, artist_id)
);
