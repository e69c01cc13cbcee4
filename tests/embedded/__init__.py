"""The private PostgreSQL: made, started, shared, adopted, killed, refused."""
