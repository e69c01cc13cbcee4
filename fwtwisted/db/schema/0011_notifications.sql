-- Notifications, look-ups of things elsewhere, reports and what moderators note.
SELECT 1;
