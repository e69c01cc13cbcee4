"""The REST contract, walked section by section over HTTP against the whole server (docs/api.md)."""
