"""Files on their way to music."""
