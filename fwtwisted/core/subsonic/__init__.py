"""What Subsonic apps do: they browse a library through one listener's eyes, and keep things on the server."""
