-- Playlists that fill themselves.
SELECT 1;
