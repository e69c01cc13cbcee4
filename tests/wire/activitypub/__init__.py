"""Tests of documents of the fediverse."""
