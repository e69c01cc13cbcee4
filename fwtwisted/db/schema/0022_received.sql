-- What other servers tell us: activities that reached an inbox.

-- Each accepted post, once.  Those that wait are the queue; the others are remembered, so that a repetition has no effect.
CREATE TABLE received (
    id                  bigserial PRIMARY KEY,
    sameness            bytea NOT NULL UNIQUE,          -- SHA-256 of its id, or of what stands for it where there is none
    fid                 text,                           -- its id; null: it has none, or none that may be trusted
    host                text NOT NULL,                  -- of the actor: what comes from one host keeps its order
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- who does it
    inbox_of_id         bigint REFERENCES actor (id) ON DELETE SET NULL, -- whose inbox it reached; null: the shared one
    type                text NOT NULL,                  -- Follow, Create, …
    object_fid          text,                           -- the id of what it is about
    body                text NOT NULL,                  -- the activity, as it came
    state               text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    attempts            integer NOT NULL DEFAULT 0,     -- that went wrong
    due                 timestamptz NOT NULL DEFAULT now(),
    error               text,                           -- of the last attempt; what waits and has one rests
    arrived             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX received_waiting ON received (host, id) WHERE state = 'waiting';
CREATE INDEX received_resting ON received (host, object_fid, id) WHERE state = 'waiting' AND error IS NOT NULL;
CREATE INDEX received_arrived ON received (arrived);
CREATE INDEX received_actor ON received (actor_id);
CREATE INDEX received_inbox ON received (inbox_of_id) WHERE inbox_of_id IS NOT NULL;

-- What was deleted before we ever heard of it: a Create that comes late must not bring it.
CREATE TABLE stillborn (
    fid                 text NOT NULL,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- who deleted it
    told                timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (fid, actor_id)
);
CREATE INDEX stillborn_told ON stillborn (told);
CREATE INDEX stillborn_actor ON stillborn (actor_id);

-- What people of other pods did with tracks, by the ids that they take it back with.
CREATE TABLE remote_deed (
    fid                 text PRIMARY KEY,
    kind                text NOT NULL CHECK (kind IN ('favorite', 'listening', 'boost')),
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    deed_id             bigint,                         -- the listening's row
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX remote_deed_actor ON remote_deed (actor_id, track_id);
CREATE INDEX remote_deed_track ON remote_deed (track_id, kind);
