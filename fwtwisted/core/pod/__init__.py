"""The pod itself: its settings, what it tells of itself, its limits."""
