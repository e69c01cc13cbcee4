"""The disk cache for media, before a real store."""
