-- What every other part stands on: folding of names, versions of areas, preferences, jobs, schedules.

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- Lower case without accents: what names are compared, searched and sorted by.
CREATE FUNCTION folded(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(public.unaccent('public.unaccent', $1)) $$;

-- A number per area that every write of that area raises in its own transaction: what is kept of a
-- question's answer (counts, orders) is good for exactly one version.
CREATE TABLE area (
    name        text PRIMARY KEY,                       -- catalog, libraries
    version     bigint NOT NULL DEFAULT 1
);
INSERT INTO area (name) VALUES ('catalog'), ('libraries');

-- Instance settings that differ from their defaults: docs/settings.md.
CREATE TABLE preference (
    identifier  text PRIMARY KEY,                       -- section__name
    value       jsonb NOT NULL,
    modified    timestamptz NOT NULL DEFAULT now()
);

-- The queue.  Claiming is postponing: a claim moves "due" into the future, a crash lets it come due again.
CREATE TABLE job (
    id          bigserial PRIMARY KEY,
    kind        text NOT NULL,                          -- which coroutine runs it
    lane        text NOT NULL,                          -- whose hands: import, delivery, fetch, transcode, …
    key         text,                                   -- one job per (kind, key); null: no such limit
    args        jsonb NOT NULL DEFAULT '{}',
    asked       timestamptz NOT NULL DEFAULT now(),
    due         timestamptz NOT NULL DEFAULT now(),     -- not before; while claimed, when the claim lapses
    claims      integer NOT NULL DEFAULT 0,             -- never reset: the fence against a stale holder
    failures    integer NOT NULL DEFAULT 0,             -- since it last went well: what back-off counts
    wanted      integer NOT NULL DEFAULT 1,             -- how often it was asked for
    UNIQUE (kind, key)
);
CREATE INDEX job_due ON job (lane, due, id);

-- Jobs that were given up, kept to be looked at and tried again.
CREATE TABLE dead_job (
    id          bigint PRIMARY KEY,                     -- the job's
    kind        text NOT NULL,
    lane        text NOT NULL,
    key         text,
    args        jsonb NOT NULL,
    asked       timestamptz NOT NULL,
    died        timestamptz NOT NULL DEFAULT now(),
    failures    integer NOT NULL,
    error       text NOT NULL                           -- for the administrator
);
CREATE INDEX dead_job_died ON dead_job (died);

-- Chores with a beat.  Whoever moves next_run forward has the right to ask for the job.
CREATE TABLE schedule (
    name        text PRIMARY KEY,
    next_run    timestamptz NOT NULL,
    last_run    timestamptz,
    paused      boolean NOT NULL DEFAULT false
);
