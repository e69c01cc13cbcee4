"""Signatures of requests and of documents: draft-cavage, RFC 9421, FEP-8b32, and the keys that they are made with."""
