"""The object store: its client, through every kind of trouble, against a real one."""
