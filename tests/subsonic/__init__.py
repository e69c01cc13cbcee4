"""The Subsonic face on a whole server."""
