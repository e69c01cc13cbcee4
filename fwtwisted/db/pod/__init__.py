"""The pod itself, and those who run it."""
