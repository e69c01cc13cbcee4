-- Changes that people suggest.
SELECT 1;
