"""
Text of strangers without what nobody sees.

That is: characters that steer terminals, mailers and feed readers, and those that have what stands around a name run
the other way (UTS #55 calls such text spoofed).  Marks of direction that right-to-left scripts need (U+200E, U+200F,
U+061C) stay: they do not reach beyond their word.
"""

from __future__ import annotations

import re

# Controls but for tabs and the ends of lines; embeddings, overrides and isolates of direction.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


def seen(text: str) -> str:
    """The text without what is not seen; lines stay lines."""
    return text if text.isprintable() else _UNSEEN.sub("", text)


def seen_line(text: str) -> str:
    """The same on one line, for names."""
    return text if text.isprintable() else " ".join(seen(text).split())
