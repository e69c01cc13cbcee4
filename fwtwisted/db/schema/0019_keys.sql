-- Keys beside the one of each actor's own row.

CREATE TABLE remote_key (                               -- further keys of an actor elsewhere, as its document listed them
    key_id              text PRIMARY KEY,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    public_key          text NOT NULL,                  -- PEM
    fetched             timestamptz NOT NULL DEFAULT now()  -- older than the actor's last fetch: no longer believed
);
CREATE INDEX remote_key_actor ON remote_key (actor_id);

CREATE TABLE assertion_key (                            -- Ed25519 keys of our own actors: they prove documents
    actor_id            bigint PRIMARY KEY REFERENCES actor (id) ON DELETE CASCADE,
    key_id              text NOT NULL UNIQUE,
    public_key          text NOT NULL,                  -- multibase of a Multikey
    private_key         bytea NOT NULL,                 -- the 32 bytes that all of it follows from
    creation_date       timestamptz NOT NULL DEFAULT now()
);
