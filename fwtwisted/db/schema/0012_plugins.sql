-- What people set for the plugins.
SELECT 1;
