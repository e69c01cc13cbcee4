"""
Names of stored files: how they are made, what they tell, and which are none.

A name is ``ROOT/ab/cd/ef/FILE``.  The root says who may read; the six digits come from a random UUID, so that no
folder grows large and hardly two uploads meet; the file part is the uploader's own name made ASCII.

Source: docs/storage.md §2.1, §2.2, S-26.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from fwtwisted.wire.ascii import in_ascii

TRACKS = "tracks"
REMOTE_TRACKS = "federation_cache/tracks"
TRANSCODED = "transcoded"
ATTACHMENTS = "attachments"
RENDITIONS = "__sized__"
BANNERS = "dynamic_preferences"
AVATARS = "users/avatars"

# Whatever lies under no root of this list is private, also under roots that nobody has heard of.
PUBLIC_ROOTS = (ATTACHMENTS, RENDITIONS, BANNERS, AVATARS)

_IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
_LONGEST_FILE_PART = 200  # with any root and a rendition's suffix below 255
_LONGEST_SUFFIX = 12
_LONGEST_NAME = 1024
_RENDITION = re.compile(
    rf"{RENDITIONS}/(?P<stem>.+)-crop-c0-5__0-5-(?P<size>\d{{1,4}})x(?P=size)(-\d+)?(?P<suffix>\.\w+)"
)
_LONGEST_PIECE = 255


def is_name(name: str) -> bool:
    """
    Whether the text is a name at all: pieces divided by single slashes, none hidden, none leading elsewhere.

    Names from older servers hold more than ours do (capitals, spaces, other scripts); they stay valid.
    """
    try:
        body = name.encode()
    except UnicodeEncodeError:
        return False
    if len(body) > _LONGEST_NAME or b"\0" in body or b"\\" in body:
        return False
    return all(piece and not piece.startswith(b".") and len(piece) <= _LONGEST_PIECE for piece in body.split(b"/"))


def is_public(name: str) -> bool:
    """Whether anybody may read the file of that name, without a row and without a login.  Source: S-26."""
    return is_name(name) and name.startswith(tuple(root + "/" for root in PUBLIC_ROOTS))


def stored_name(root: str, uuid: UUID, filename: str) -> str:
    """
    The name under which a new file is stored; the same question has the same answer always.

    :param root: one of the roots above.
    :param uuid: a fresh random one; its first six digits become the folders.
    :param filename: what the uploader called it, in any script.
    """
    digits = str(uuid)
    return f"{root}/{digits[:2]}/{digits[2:4]}/{digits[4:6]}/{file_part(filename)}"


_SPACES_BEFORE_A_DOT = re.compile(r"\s+(?=\.)")
_SPACES = re.compile(r"\s+")
_DROPPED = re.compile(r"[^a-z0-9._-]")
_DOTS = re.compile(r"\.{2,}")


def file_part(filename: str) -> str:
    """
    A file's name in plain ASCII: small letters, digits, ``-``, ``_``, ``.``; at most 200 characters; never empty.

    Applied to its own result it changes nothing.  ``집으로 가는 길.mp3`` becomes ``jibeuro-ganeun-gil.mp3``.
    """
    plain = _plain(re.split(r"[/\\]", filename)[-1])
    stem, _, suffix = plain.rpartition(".")
    if not suffix or len(suffix) > _LONGEST_SUFFIX or "." not in plain:
        return plain.strip(".")[:_LONGEST_FILE_PART].rstrip(".") or "file"
    stem = stem.strip(".")[: _LONGEST_FILE_PART - len(suffix) - 1].rstrip(".")
    return f"{stem or 'file'}.{suffix}"


def _plain(name: str) -> str:
    """The name with only the letters that a stored one may have; dots may still be anywhere."""
    spelled = _SPACES_BEFORE_A_DOT.sub("", in_ascii(name).strip().lower())
    return _DOTS.sub(".", _DROPPED.sub("", _SPACES.sub("-", spelled)))


_QUALITY_SUFFIXES = (".jpg", ".jpeg", ".webp")


@lru_cache(maxsize=20_000)
def rendition_name(original: str, size: int, quality: int) -> str:
    """
    The name of a square rendition of an image.

    :param original: the image's own name.
    :param size: of an edge, pixels.
    :param quality: of the JPEG or WebP encoder; part of the name where it matters.
    Source: docs/storage.md §2.2.
    """
    stem, suffix = os.path.splitext(original)
    told = f"-{quality}" if suffix.lower() in _QUALITY_SUFFIXES else ""
    return f"{RENDITIONS}/{stem}-crop-c0-5__0-5-{size}x{size}{told}{suffix}".replace(" ", "")


def renditions_prefix(original: str) -> str | None:
    """How the names of all renditions of an image begin, in any size and quality; None for what has none."""
    if not original.startswith((f"{ATTACHMENTS}/", f"{AVATARS}/")):
        return None
    return f"{RENDITIONS}/{os.path.splitext(original)[0]}-crop-".replace(" ", "")


def original_name(rendition: str, sizes: Sequence[int], quality: int) -> tuple[str, int] | None:
    """
    Of which image a name is the rendition that we would make, and how large; None when it is none.

    :param sizes: of the renditions that there are.
    """
    match = _RENDITION.fullmatch(rendition)
    if match is None or int(match["size"]) not in sizes:
        return None
    original, size = match["stem"] + match["suffix"], int(match["size"])
    return (original, size) if rendition_name(original, size, quality) == rendition else None


def originals_of(rendition: str) -> list[str]:
    """Of which images a name may be a rendition, whatever its size and quality; empty for what is none."""
    match = _RENDITION.fullmatch(rendition)
    return [] if match is None else [match["stem"] + match["suffix"]]


def media_type_of(name: str) -> str:
    """The media type of an image by its stored name, which was given by its bytes; never one that a browser runs."""
    return _IMAGE_TYPES.get(os.path.splitext(name)[1].lower(), "application/octet-stream")
