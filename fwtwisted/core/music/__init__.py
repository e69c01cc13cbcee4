"""The catalog, and who may see what of it."""
