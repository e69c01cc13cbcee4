-- What people suggest to change of music, what they do not want to meet, and imports of folders that they asked for.

CREATE TABLE mutation (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE,
    fid                 text NOT NULL UNIQUE,           -- federation id
    type                text NOT NULL DEFAULT 'update' CHECK (type IN ('update')),
    artist_id           bigint REFERENCES artist (id) ON DELETE CASCADE,  -- what is to change: one of the three
    album_id            bigint REFERENCES album (id) ON DELETE CASCADE,
    track_id            bigint REFERENCES track (id) ON DELETE CASCADE,
    created_by_id       bigint REFERENCES actor (id) ON DELETE SET NULL,
    approved_by_id      bigint REFERENCES actor (id) ON DELETE SET NULL,  -- who decided, be it yes or no
    is_approved         boolean,                        -- null: nobody has decided
    is_applied          boolean,                        -- null: not yet
    summary             text,                           -- why, in its author's words
    folded_summary      text NOT NULL GENERATED ALWAYS AS (folded(coalesce(summary, ''))) STORED,
    payload             jsonb NOT NULL,                 -- new values by field: docs/api.md §4.14
    previous_state      jsonb,                          -- the same fields as they were; null until it is applied
    creation_date       timestamptz NOT NULL DEFAULT now(),
    applied_date        timestamptz,
    CHECK (num_nonnulls(artist_id, album_id, track_id) = 1)
);
CREATE INDEX mutation_created ON mutation (creation_date, id);
CREATE INDEX mutation_undecided ON mutation (id) WHERE is_approved IS NULL;
CREATE INDEX mutation_artist ON mutation (artist_id, creation_date, id) WHERE artist_id IS NOT NULL;
CREATE INDEX mutation_album ON mutation (album_id, creation_date, id) WHERE album_id IS NOT NULL;
CREATE INDEX mutation_track ON mutation (track_id, creation_date, id) WHERE track_id IS NOT NULL;
CREATE INDEX mutation_author ON mutation (created_by_id);
CREATE INDEX mutation_approver ON mutation (approved_by_id) WHERE approved_by_id IS NOT NULL;

-- An artist that goes looks for who hid it.
CREATE INDEX content_filter_artist ON content_filter (artist_id);

-- Imports of folders in place that were asked for over HTTP; the newest is the one that is shown.
CREATE TABLE folder_import (
    id                  bigserial PRIMARY KEY,
    library_id          bigint NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    path                text NOT NULL,                  -- below MUSIC_DIRECTORY_PATH; empty: all of it
    reference           text NOT NULL,                  -- its uploads are found by
    status              text NOT NULL DEFAULT 'pending'
                        CHECK (status IN ('pending', 'started', 'finished', 'canceled')),
    logs                text[] NOT NULL DEFAULT '{}',   -- the last lines, for the person who asked
    creation_date       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX folder_import_alone ON folder_import ((true)) WHERE status IN ('pending', 'started');
CREATE INDEX folder_import_library ON folder_import (library_id);
