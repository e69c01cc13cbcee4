-- What we tell other servers, and what is known of each of them: docs/federation.md §2.4, §4.12, §4.14.

-- Of a server's nodeinfo, what is asked for all the time.
ALTER TABLE domain
    ADD COLUMN software_name      text,                   -- as nodeinfo says it, lower case
    ADD COLUMN software_version   text,
    ADD COLUMN nodeinfo_attempt_date timestamptz,         -- when it was last asked for, whatever came of it
    ADD COLUMN next_check         timestamptz;            -- of an unreachable server: not before
CREATE INDEX domain_nodeinfo ON domain (nodeinfo_attempt_date NULLS FIRST);

-- Which form of signature a server took; forgotten after some days, so that the usual one is tried again.
CREATE TABLE peer_scheme (
    origin              text PRIMARY KEY,               -- scheme, host, port
    scheme              text NOT NULL,
    learnt              timestamptz NOT NULL DEFAULT now()
);

-- How deliveries to a host go.  No row: well.
CREATE TABLE peer_line (
    host                text PRIMARY KEY,               -- of inboxes; with the port where it is not the scheme's own
    failures            integer NOT NULL DEFAULT 0,     -- in a row
    held_until          timestamptz,                    -- nothing is sent before; then one as a probe
    rest_seconds        integer NOT NULL DEFAULT 0,     -- the latest rest
    down_since          timestamptz,
    stopped             boolean NOT NULL DEFAULT false  -- until it contacts us
);
CREATE INDEX peer_line_down ON peer_line (down_since) WHERE down_since IS NOT NULL;

-- What we said.
CREATE TABLE outgoing (
    id                  bigserial PRIMARY KEY,
    fid                 text NOT NULL,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- who said it, and signs it
    type                text NOT NULL,
    about               text NOT NULL,                  -- id of the object: what is said about one keeps its order
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outgoing_created ON outgoing (creation_date);
CREATE INDEX outgoing_actor ON outgoing (actor_id, id);

-- The bytes, one per kind of peer.
CREATE TABLE outgoing_body (
    outgoing_id         bigint NOT NULL REFERENCES outgoing (id) ON DELETE CASCADE,
    peer_class          text NOT NULL,                  -- g1, g2, note, other
    body                text NOT NULL,
    PRIMARY KEY (outgoing_id, peer_class)
);

-- One row per inbox.
CREATE TABLE delivery (
    id                  bigserial PRIMARY KEY,
    outgoing_id         bigint NOT NULL REFERENCES outgoing (id) ON DELETE CASCADE,
    peer_class          text NOT NULL,
    host                text NOT NULL,
    inbox               text NOT NULL,
    about               text NOT NULL,                  -- as of the activity
    recipient_id        bigint REFERENCES actor (id) ON DELETE SET NULL,  -- somebody whom the inbox serves
    state               text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'given_up')),
    attempts            integer NOT NULL DEFAULT 0,
    refusals            integer NOT NULL DEFAULT 0,     -- of those, answered 403
    due                 timestamptz NOT NULL DEFAULT now(),
    last_attempt_date   timestamptz,
    status              integer,                        -- the latest answer; null: none came
    error               text,
    UNIQUE (outgoing_id, inbox)
);
CREATE INDEX delivery_waiting ON delivery (host, due, id) WHERE state = 'waiting';
CREATE INDEX delivery_order ON delivery (about, inbox, id) WHERE state = 'waiting';
CREATE INDEX delivery_over ON delivery (last_attempt_date) WHERE state <> 'waiting';
CREATE INDEX delivery_recipient ON delivery (recipient_id) WHERE recipient_id IS NOT NULL;

-- Inboxes that answered several times in a row that nobody is there.
ALTER TABLE actor ADD COLUMN gone_answers integer NOT NULL DEFAULT 0;
CREATE INDEX actor_inbox ON actor (inbox_url) WHERE inbox_url IS NOT NULL;
CREATE INDEX actor_shared_inbox ON actor (shared_inbox_url) WHERE shared_inbox_url IS NOT NULL;
