-- What Subsonic apps keep on the server: what people think of music, what they heard, where they stopped.

-- The secret behind Subsonic's log-in is account.subsonic_password; keys of single apps stand beside it.
ALTER TABLE account
    ADD COLUMN subsonic_denied_roles text[] NOT NULL DEFAULT '{}',     -- download, share, …: taken by an administrator
    ADD COLUMN subsonic_max_bitrate integer NOT NULL DEFAULT 0         -- kbit/s; 0: no limit
               CHECK (subsonic_max_bitrate >= 0),
    ADD COLUMN notes bigint NOT NULL DEFAULT 0;                        -- moves with all that is the account's own below

CREATE TABLE api_key (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name                text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    digest              bytea NOT NULL UNIQUE,          -- SHA-256 of the key
    creation_date       timestamptz NOT NULL DEFAULT now(),
    last_used           timestamptz,
    last_client         text                            -- what the app calls itself
);
CREATE INDEX api_key_account ON api_key (account_id, id);

-- How often somebody heard a track, and when last: counted along with every listening.
CREATE TABLE play (
    actor_id            bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    count               integer NOT NULL,
    last_played         timestamptz NOT NULL,
    PRIMARY KEY (actor_id, track_id)
);
CREATE INDEX play_recent ON play (actor_id, last_played);
CREATE INDEX play_track ON play (track_id);
INSERT INTO play SELECT actor_id, track_id, count(*), max(creation_date) FROM listening GROUP BY actor_id, track_id;

-- Stars of tracks are favourites; those of albums and artists are nobody else's business.
CREATE TABLE star (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    album_id            bigint REFERENCES album (id) ON DELETE CASCADE,
    artist_id           bigint REFERENCES artist (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(album_id, artist_id) = 1),
    UNIQUE (account_id, album_id),
    UNIQUE (account_id, artist_id)
);
CREATE INDEX star_album ON star (album_id) WHERE album_id IS NOT NULL;
CREATE INDEX star_artist ON star (artist_id) WHERE artist_id IS NOT NULL;

CREATE TABLE rating (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    track_id            bigint REFERENCES track (id) ON DELETE CASCADE,
    album_id            bigint REFERENCES album (id) ON DELETE CASCADE,
    artist_id           bigint REFERENCES artist (id) ON DELETE CASCADE,
    rating              smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    modification_date   timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(track_id, album_id, artist_id) = 1),
    UNIQUE (account_id, track_id),
    UNIQUE (account_id, album_id),
    UNIQUE (account_id, artist_id)
);
CREATE INDEX rating_track ON rating (track_id) WHERE track_id IS NOT NULL;
CREATE INDEX rating_album ON rating (album_id) WHERE album_id IS NOT NULL;
CREATE INDEX rating_artist ON rating (artist_id) WHERE artist_id IS NOT NULL;
INSERT INTO area (name) VALUES ('ratings');             -- everybody sees what all think on average

CREATE TABLE bookmark (
    id                  bigserial PRIMARY KEY,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    position            bigint NOT NULL CHECK (position >= 0),  -- milliseconds
    comment             text NOT NULL DEFAULT '',
    creation_date       timestamptz NOT NULL DEFAULT now(),
    modification_date   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, track_id)
);
CREATE INDEX bookmark_track ON bookmark (track_id);

-- What somebody was playing, to go on with on another device.
CREATE TABLE play_queue (
    account_id          bigint PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    track_ids           bigint[] NOT NULL,              -- in order; one that is gone meanwhile is passed over
    current             integer,                        -- place in track_ids, from 0; null: none
    position            bigint NOT NULL DEFAULT 0,      -- milliseconds into the current track
    changed             timestamptz NOT NULL DEFAULT now(),
    changed_by          text NOT NULL                   -- what the app calls itself
);

-- What an app says is playing at the moment.
CREATE TABLE playback (
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    client              text NOT NULL,
    track_id            bigint NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    state               text NOT NULL CHECK (state IN ('starting', 'playing', 'paused', 'stopped')),
    position            bigint NOT NULL DEFAULT 0,      -- milliseconds, when it was reported
    rate                double precision NOT NULL DEFAULT 1 CHECK (rate > 0),
    started             timestamptz NOT NULL DEFAULT now(),
    reported            timestamptz NOT NULL DEFAULT now(),
    played              bigint NOT NULL DEFAULT 0,      -- milliseconds heard before it was reported
    counted             boolean NOT NULL DEFAULT false, -- a listening was written for it
    is_reported         boolean NOT NULL DEFAULT true,  -- by its clock; false: an app only said what it plays
    is_silent           boolean NOT NULL DEFAULT false, -- only shown: no listening is written for it
    PRIMARY KEY (account_id, client)
);
CREATE INDEX playback_reported ON playback (reported);
CREATE INDEX playback_track ON playback (track_id);

-- "notes" moves whoever writes: what is kept in memory of an account's own holds for one number.

CREATE FUNCTION note_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET notes = notes + 1 WHERE id = coalesce(NEW.account_id, OLD.account_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON star FOR EACH ROW EXECUTE FUNCTION note_of_account();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON rating FOR EACH ROW EXECUTE FUNCTION note_of_account();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON bookmark FOR EACH ROW EXECUTE FUNCTION note_of_account();

CREATE FUNCTION note_of_actor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET notes = notes + 1 WHERE actor_id = coalesce(NEW.actor_id, OLD.actor_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON favorite FOR EACH ROW EXECUTE FUNCTION note_of_actor();

CREATE FUNCTION note_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO play SELECT actor_id, track_id, count(*), max(creation_date) FROM heard GROUP BY actor_id, track_id
        ON CONFLICT (actor_id, track_id) DO UPDATE
       SET count = play.count + EXCLUDED.count, last_played = greatest(play.last_played, EXCLUDED.last_played);
    UPDATE account SET notes = notes + 1 WHERE actor_id IN (SELECT actor_id FROM heard);
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT ON listening REFERENCING NEW TABLE AS heard
    FOR EACH STATEMENT EXECUTE FUNCTION note_heard();

CREATE FUNCTION note_unheard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE play SET count = play.count - gone.count
      FROM (SELECT actor_id, track_id, count(*) AS count FROM unheard GROUP BY actor_id, track_id) AS gone
     WHERE play.actor_id = gone.actor_id AND play.track_id = gone.track_id;
    DELETE FROM play USING unheard
     WHERE play.count <= 0 AND play.actor_id = unheard.actor_id AND play.track_id = unheard.track_id;
    UPDATE account SET notes = notes + 1 WHERE actor_id IN (SELECT actor_id FROM unheard);
    RETURN NULL;
END $$;
CREATE TRIGGER unnote AFTER DELETE ON listening REFERENCING OLD TABLE AS unheard
    FOR EACH STATEMENT EXECUTE FUNCTION note_unheard();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON content_filter
    FOR EACH ROW EXECUTE FUNCTION note_of_account();

-- Apps ask whether anything has changed since they looked last.
ALTER TABLE area ADD COLUMN moved timestamptz NOT NULL DEFAULT now();
CREATE FUNCTION area_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.moved := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER moved BEFORE UPDATE ON area FOR EACH ROW EXECUTE FUNCTION area_moved();

-- Apps give playlists a comment, and ask whether one has changed: also when a song of it leaves the pod.
ALTER TABLE playlist ADD COLUMN comment text NOT NULL DEFAULT '';
CREATE FUNCTION playlist_shrank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE playlist SET modification_date = now(), revision = nextval('playlist_revision')
     WHERE id IN (SELECT playlist_id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER shrank AFTER DELETE ON playlist_track REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION playlist_shrank();
