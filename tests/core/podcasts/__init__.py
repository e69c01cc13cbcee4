"""Channels and feeds, beneath HTTP."""
