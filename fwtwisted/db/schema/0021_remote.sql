-- What is elsewhere, and when we last looked.

ALTER TABLE library ADD COLUMN last_fetch_date timestamptz;
COMMENT ON COLUMN library.last_fetch_date IS 'when its document was last read; null: it is at home here';
ALTER TABLE channel ADD COLUMN outbox_fetch_date timestamptz;
COMMENT ON COLUMN channel.outbox_fetch_date IS 'when what it published was last read from its server; null: never';

-- Pictures that lie elsewhere and that nothing shows any more are looked for by age.
CREATE INDEX attachment_elsewhere ON attachment (creation_date) WHERE url IS NOT NULL AND NOT used;

-- Which of them is shown is asked for each that something else takes the place of.
CREATE INDEX artist_cover ON artist (cover_id) WHERE cover_id IS NOT NULL;
CREATE INDEX album_cover ON album (cover_id) WHERE cover_id IS NOT NULL;
CREATE INDEX track_cover ON track (cover_id) WHERE cover_id IS NOT NULL;
CREATE INDEX actor_icon ON actor (icon_id) WHERE icon_id IS NOT NULL;
