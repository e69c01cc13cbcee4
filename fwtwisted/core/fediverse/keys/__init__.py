"""Keys: those that our actors sign with, and those that prove who speaks to us."""
