"""Programs that print how fast the server is, beside what the same machine does without it."""
