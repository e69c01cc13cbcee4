"""
Documents that others publish, read into values: one module for each kind of thing.

Every parser takes a :class:`Doc` and gives a value of ``model.remote``, or raises ``Invalid`` with the field; nothing
else, whatever the document holds.  Texts are cut to what our columns hold, addresses are of the web and of bounded
length, and whoever may define what (docs/federation.md §8.4) is decided by those who call.
"""

from fwtwisted.wire.activitypub.reading.doc import AS, FW, PUBLIC, Doc

__all__ = ("AS", "FW", "PUBLIC", "Doc")
