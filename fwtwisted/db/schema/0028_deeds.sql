-- What people of other servers do with tracks: to whom they show it, and each liking and boost once.

-- To whom somebody elsewhere shows what they do, by what they told last; null: they told nothing yet.
ALTER TABLE actor ADD COLUMN deeds_shown text CHECK (deeds_shown IN ('followers', 'everyone'));
UPDATE actor SET deeds_shown = 'followers' WHERE id IN (SELECT actor_id FROM remote_deed);

DELETE FROM remote_deed AS deed USING remote_deed AS newer
 WHERE deed.kind <> 'listening' AND newer.actor_id = deed.actor_id AND newer.track_id = deed.track_id
   AND newer.kind = deed.kind AND (newer.creation_date, newer.fid) > (deed.creation_date, deed.fid);
CREATE UNIQUE INDEX remote_deed_once ON remote_deed (actor_id, track_id, kind) WHERE kind <> 'listening';
