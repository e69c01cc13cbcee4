-- What moderators' decisions mean for each server and actor, kept beside them so that lists need not work it out.

-- The names of servers whose policies hold for a server: its own, with and without its port, and all that it lies below.
CREATE FUNCTION servers_above(host text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY[host, bare.name] || ARRAY(SELECT array_to_string(bare.labels[i:], '.')
                                             FROM generate_series(2, cardinality(bare.labels)) AS i)
      FROM (SELECT name, string_to_array(name, '.') AS labels
              FROM regexp_replace(host, ':[0-9]+$', '') AS name) AS bare
$$;

ALTER TABLE domain
    ADD COLUMN blocked          boolean NOT NULL DEFAULT false, -- nothing goes to or comes from there
    ADD COLUMN silenced         boolean NOT NULL DEFAULT false; -- shown only to those who follow somebody there
ALTER TABLE actor
    ADD COLUMN blocked          boolean NOT NULL DEFAULT false, -- by a policy of its own
    ADD COLUMN silenced         boolean NOT NULL DEFAULT false;
CREATE INDEX domain_away ON domain (name) WHERE blocked OR silenced OR NOT reachable;
CREATE INDEX actor_away ON actor (id) WHERE blocked OR silenced;

-- A server that is met for the first time falls under the policies that are there already.
CREATE FUNCTION judge_domain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(bool_or(block_all), false), coalesce(bool_or(silence_activity), false)
      INTO NEW.blocked, NEW.silenced
      FROM instance_policy WHERE is_active AND target_domain = ANY(servers_above(NEW.name));
    RETURN NEW;
END $$;
CREATE TRIGGER domain_judged BEFORE INSERT ON domain FOR EACH ROW EXECUTE FUNCTION judge_domain();

CREATE FUNCTION apply_policy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    policy instance_policy := coalesce(NEW, OLD);
BEGIN
    IF policy.target_domain IS NOT NULL THEN
        UPDATE domain SET (blocked, silenced) =
               (SELECT coalesce(bool_or(block_all), false), coalesce(bool_or(silence_activity), false)
                  FROM instance_policy WHERE is_active AND target_domain = ANY(servers_above(domain.name)))
         WHERE policy.target_domain = ANY(servers_above(domain.name));
    ELSE
        UPDATE actor SET (blocked, silenced) =
               (SELECT coalesce(bool_or(block_all), false), coalesce(bool_or(silence_activity), false)
                  FROM instance_policy WHERE is_active AND target_actor_id = actor.id)
         WHERE id = policy.target_actor_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER policy_applied AFTER INSERT OR UPDATE OR DELETE ON instance_policy
    FOR EACH ROW EXECUTE FUNCTION apply_policy();
UPDATE instance_policy SET is_active = is_active;

-- Actors of other pods that one of our people wants nothing to do with.
CREATE TABLE user_block (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    target_id           bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, target_id)
);
CREATE INDEX user_block_target ON user_block (target_id);

-- Finding what is left of a server: works by the server in their federation id, pictures by that in their address.
CREATE INDEX artist_server ON artist (split_part(fid, '/', 3), id);
CREATE INDEX album_server ON album (split_part(fid, '/', 3), id);
CREATE INDEX track_server ON track (split_part(fid, '/', 3), id);
CREATE INDEX attachment_server ON attachment (split_part(url, '/', 3), id) WHERE url IS NOT NULL;

-- When the last of our people stopped following a library of another pod: its uploads are removed a while later.
ALTER TABLE library ADD COLUMN abandoned timestamptz;
CREATE INDEX library_abandoned ON library (abandoned) WHERE abandoned IS NOT NULL;
