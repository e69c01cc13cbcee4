"""The page: its modules by themselves, and all of it in a browser."""
