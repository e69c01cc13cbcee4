"""Stored media as a whole, on a real database and a real store."""
