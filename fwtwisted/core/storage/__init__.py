"""Stored media as a whole: moved between this disk and an object store, counted, verified, tidied, kept in budget."""
