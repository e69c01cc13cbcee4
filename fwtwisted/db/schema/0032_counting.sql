-- How many listenings and favourites each actor has, without looking at them: every statement that writes some adds what
-- it changed.  Rows are only added, and put together again now and then (fwtwisted/db/listening/tally.py).
CREATE TABLE deed_tally (
    kind                text NOT NULL CHECK (kind IN ('favorite', 'listening')),
    actor_id            bigint NOT NULL,                -- may be gone already: their deeds went with them
    deeds               bigint NOT NULL                 -- how many more, or fewer
);
INSERT INTO deed_tally SELECT 'listening', actor_id, count(*) FROM listening GROUP BY actor_id;
INSERT INTO deed_tally SELECT 'favorite', actor_id, count(*) FROM favorite GROUP BY actor_id;

CREATE FUNCTION favorites_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deed_tally SELECT 'favorite', actor_id, count(*) FROM came GROUP BY actor_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_came AFTER INSERT ON favorite REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION favorites_came();

CREATE FUNCTION favorites_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deed_tally SELECT 'favorite', actor_id, -count(*) FROM went GROUP BY actor_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_went AFTER DELETE ON favorite REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION favorites_went();

-- Transactions in which several people listen hold the accounts in one order, and hold them before anything else that
-- two such transactions may both write: neither ever waits for the other in a ring.
CREATE OR REPLACE FUNCTION note_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET notes = account.notes + 1
      FROM (SELECT id FROM account WHERE actor_id IN (SELECT actor_id FROM heard) ORDER BY id FOR NO KEY UPDATE) AS held
     WHERE account.id = held.id;
    INSERT INTO play SELECT actor_id, track_id, count(*), max(creation_date) FROM heard GROUP BY actor_id, track_id
                      ORDER BY actor_id, track_id
        ON CONFLICT (actor_id, track_id) DO UPDATE
       SET count = play.count + EXCLUDED.count, last_played = greatest(play.last_played, EXCLUDED.last_played);
    INSERT INTO deed_tally SELECT 'listening', actor_id, count(*) FROM heard GROUP BY actor_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_unheard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE play SET count = play.count - gone.count
      FROM (SELECT actor_id, track_id, count(*) AS count FROM unheard GROUP BY actor_id, track_id) AS gone
     WHERE play.actor_id = gone.actor_id AND play.track_id = gone.track_id;
    DELETE FROM play USING unheard
     WHERE play.count <= 0 AND play.actor_id = unheard.actor_id AND play.track_id = unheard.track_id;
    UPDATE account SET notes = notes + 1 WHERE actor_id IN (SELECT actor_id FROM unheard);
    INSERT INTO deed_tally SELECT 'listening', actor_id, -count(*) FROM unheard GROUP BY actor_id;
    RETURN NULL;
END $$;
