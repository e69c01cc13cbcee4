"""Moderation in the path of federation."""
