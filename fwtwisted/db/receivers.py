"""Whom of ours an activity of another server reaches, and what of ours or of theirs it is about."""

from __future__ import annotations

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class InboxOwner:
    """An actor of ours.  :ivar is_gone: was one."""

    id: int
    is_gone: bool


INBOX_OWNER = """
    SELECT id, type = 'Tombstone' FROM actor
     WHERE lower(preferred_username) = lower(%s) AND domain = %s AND private_key IS NOT NULL
"""


async def inbox_owner(tx: Queries, username: str, domain: str) -> InboxOwner | None:
    """Whose inbox this is."""
    return await tx.maybe(InboxOwner, INBOX_OWNER, username, domain)
