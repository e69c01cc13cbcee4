"""
Documents of the fediverse, read and written: ActivityPub with Funkwhale's vocabulary.

Source: docs/federation.md §2, §3.
"""
