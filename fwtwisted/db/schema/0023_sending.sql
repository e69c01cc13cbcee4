-- To be filled: federation.
SELECT 1;
