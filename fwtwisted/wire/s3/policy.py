"""
Who may read a bucket: the policy that we recommend, and the words that objects are put with.

Source: docs/storage.md §1.1, §3.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from fwtwisted.wire.names import PUBLIC_ROOTS, is_public

CANNED = (
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)
OPEN = ("public-read", "public-read-write", "authenticated-read")

FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOBODY = "private, no-store"


def public_policy(bucket: str, location: str, roots: Sequence[str] = PUBLIC_ROOTS) -> bytes:
    """
    The JSON that lets anybody get public media, and nothing else.

    :param location: the folder in the bucket, without slashes at its ends; empty for none.
    Source: docs/storage.md §3.2.
    """
    below = f"{location}/" if location else ""
    statement = {
        "Sid": "PublicMediaOnly",
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/{below}{root}/*" for root in roots],
    }
    return orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}, option=orjson.OPT_INDENT_2)


def cache_control(name: str) -> str:
    """What caches before the bucket may do with an object.  Source: S-2."""
    return FOR_EVER if is_public(name) else FOR_NOBODY
