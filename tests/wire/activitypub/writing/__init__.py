"""Documents that are written."""
