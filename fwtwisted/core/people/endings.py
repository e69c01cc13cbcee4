"""
What ends with what: the sessions of an account, and whatever else lets somebody act for it.

Rows are removed in the caller's transaction; once it is committed the bell has every process look again whose pages
are connected, so that they close at once and not with the next beat.
"""

from __future__ import annotations

from fwtwisted.core.people.signin import SESSIONS_BELL
from fwtwisted.db.people import oauth, sessions
from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring


async def end_sessions(tx: Tx, ring: Ring, account_id: int, but: bytes = b"") -> None:
    """Close all sessions of an account.  :param but: digest of the one that stays."""
    await sessions.end_sessions(tx, account_id, but)
    tx.after_commit(ring, SESSIONS_BELL, b"")


async def shut_out(tx: Tx, ring: Ring, account_id: int) -> None:
    """The same for an account that is switched off: what programs were granted ends, too."""
    await end_sessions(tx, ring, account_id)
    await oauth.end_all_grants(tx, account_id)
