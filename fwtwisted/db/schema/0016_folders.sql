-- The real folders of files in place, and the words of songs.
SELECT 1;
