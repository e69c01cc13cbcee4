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
    RETURN NULL;
END $$;
