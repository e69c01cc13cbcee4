-- Notifications, look-ups of things elsewhere, reports and what moderators note.

-- What somebody did that others are told of, as it goes over the wire.
CREATE TABLE activity (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text UNIQUE,                    -- federation id; null: it has none, or none that may be trusted
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    type                text NOT NULL,                  -- Follow, Accept, …
    payload             jsonb NOT NULL,                 -- the activity itself
    library_id          bigint REFERENCES library (id) ON DELETE CASCADE,        -- the library that it is about
    target_actor_id     bigint REFERENCES actor (id) ON DELETE CASCADE,          -- the actor that it is about
    follow_id           bigint REFERENCES follow (id) ON DELETE SET NULL,        -- the follow that it is about
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX activity_actor ON activity (actor_id, id);
CREATE INDEX activity_library ON activity (library_id) WHERE library_id IS NOT NULL;
CREATE INDEX activity_target_actor ON activity (target_actor_id) WHERE target_actor_id IS NOT NULL;
CREATE INDEX activity_follow ON activity (follow_id) WHERE follow_id IS NOT NULL;

-- What reached one of our people.
CREATE TABLE inbox_item (
    id                  bigserial PRIMARY KEY,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- the recipient
    activity_id         bigint NOT NULL REFERENCES activity (id) ON DELETE CASCADE,
    type                text NOT NULL DEFAULT 'to' CHECK (type IN ('to', 'cc')),
    is_read             boolean NOT NULL DEFAULT false,
    UNIQUE (activity_id, actor_id)
);
CREATE INDEX inbox_item_actor ON inbox_item (actor_id, id);
CREATE INDEX inbox_item_unread ON inbox_item (actor_id, id) WHERE NOT is_read;

-- Somebody's wish to have something looked up by its address or handle, and what came of it.
CREATE TABLE lookup (                                 -- "fetch" is a word of SQL
    id                  bigserial PRIMARY KEY,
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,  -- who asked
    url                 text NOT NULL,                  -- handles are written webfinger://user@domain
    status              text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'finished', 'errored', 'skipped')),
    detail              jsonb NOT NULL DEFAULT '{}',    -- docs/api.md §4.16
    object_kind         text CHECK (object_kind IN ('artist', 'album', 'track', 'library', 'upload', 'channel', 'account')),
    object_id           bigint,                         -- of a row of that kind's table (account: actor), which may go
    creation_date       timestamptz NOT NULL DEFAULT now(),
    fetch_date          timestamptz,                    -- when it ended
    CHECK ((object_kind IS NULL) = (object_id IS NULL))
);
CREATE INDEX lookup_asked ON lookup (actor_id, url, id);
CREATE INDEX lookup_object ON lookup (actor_id, object_kind, object_id, id) WHERE object_id IS NOT NULL;
CREATE INDEX lookup_created ON lookup (creation_date);

-- What people find wrong, for the moderators.
CREATE TABLE report (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,
    type                text NOT NULL,                  -- takedown_request, … : model/preferences.py
    summary             text,
    target_kind         text NOT NULL CHECK (target_kind IN
                            ('artist', 'album', 'track', 'playlist', 'library', 'channel', 'account')),
    target_id           bigint NOT NULL,                -- of a row of that kind's table (account: actor), which may go
    target_state        jsonb NOT NULL,                 -- what it was when it was reported
    target_owner_id     bigint REFERENCES actor (id) ON DELETE SET NULL,
    submitter_id        bigint REFERENCES actor (id) ON DELETE SET NULL,
    submitter_email     text,                           -- of a visitor
    assigned_to_id      bigint REFERENCES actor (id) ON DELETE SET NULL,
    is_handled          boolean NOT NULL DEFAULT false,
    handled_date        timestamptz,
    is_forwarded        boolean NOT NULL DEFAULT false, -- the target's own server is to be told
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX report_created ON report (creation_date, id);
CREATE INDEX report_open ON report (id) WHERE NOT is_handled;
CREATE INDEX report_target ON report (target_kind, target_id);
CREATE INDEX report_owner ON report (target_owner_id) WHERE target_owner_id IS NOT NULL;
CREATE INDEX report_submitter ON report (submitter_id) WHERE submitter_id IS NOT NULL;
CREATE INDEX report_assigned ON report (assigned_to_id) WHERE assigned_to_id IS NOT NULL;

-- What moderators write to each other about a report, a request or an account.
CREATE TABLE note (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    summary             text NOT NULL,
    author_id           bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    report_id           bigint REFERENCES report (id) ON DELETE CASCADE,
    about_actor_id      bigint REFERENCES actor (id) ON DELETE CASCADE,
    request_id          bigint REFERENCES user_request (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(report_id, about_actor_id, request_id) = 1)
);
CREATE INDEX note_report ON note (report_id, id) WHERE report_id IS NOT NULL;
CREATE INDEX note_about_actor ON note (about_actor_id, id) WHERE about_actor_id IS NOT NULL;
CREATE INDEX note_request ON note (request_id, id) WHERE request_id IS NOT NULL;
CREATE INDEX note_author ON note (author_id);

-- Messages to connected pages that are too large for a ring of the bell; nothing that must outlive a crash.
CREATE UNLOGGED TABLE live_message (
    id                  bigserial PRIMARY KEY,
    body                text NOT NULL,                  -- JSON
    created             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX live_message_created ON live_message (created);
