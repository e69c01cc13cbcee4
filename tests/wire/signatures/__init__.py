"""Signatures of requests and documents, without a server."""
