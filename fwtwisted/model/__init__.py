"""Values that are always valid; the ground floor."""
