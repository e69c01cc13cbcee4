"""Channels, and the feeds of others."""
