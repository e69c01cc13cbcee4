"""Documents that we publish.  Pure: who may see them is decided before.  Source: docs/federation.md §2, §3, §7."""
