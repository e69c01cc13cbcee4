-- Where stored files are, and whether they are sound.
SELECT 1;
