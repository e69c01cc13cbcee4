-- What Subsonic apps keep on the server.
SELECT 1;
