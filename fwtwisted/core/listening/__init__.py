"""What people do with music: they hear it, and what is remembered of that."""
