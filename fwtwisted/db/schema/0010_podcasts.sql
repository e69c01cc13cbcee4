-- Feeds of other servers, and what was read in them.
SELECT 1;
