"""Signatures, documents, answers."""
