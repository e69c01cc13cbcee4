"""Where bytes lie, and how many."""
