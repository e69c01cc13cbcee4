"""``fwtwisted storage``: where media lie; moved, checked, counted, verified, tidied.  Source: docs/storage.md §4."""
