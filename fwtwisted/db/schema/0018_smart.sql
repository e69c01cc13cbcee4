-- Playlists that fill themselves.
ALTER TABLE playlist
    ADD COLUMN rules jsonb CHECK (jsonb_typeof(rules) = 'object');  -- docs/api.md §4.12; null: people fill it
