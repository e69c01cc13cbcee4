-- Playlists and radios.
SELECT 1;
