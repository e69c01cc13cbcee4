"""The REST face, `/api/v1`: one module for each area."""
