"""What the federation's rooms hand to each other: kinds of peers, who signed, what asking another server ends in."""

from __future__ import annotations

import enum
from typing import Any, Final

from attrs import frozen

from fwtwisted.model.errors import FwError, RemoteFailed, Unauthenticated, Unavailable
from fwtwisted.model.people import Actor

PASSING_STATUSES = (408, 425, 429)
"""Below 500, those that say: not now."""


class PeerClass(enum.Enum):
    """
    What a server reads: one body does not fit all (docs/federation.md §3.9, §7).

    ``NOTE`` are those that take no Audio and are sent a Note instead.  ``BARE`` take it, and hide a post that has a
    summary behind that, as behind a warning: they are sent none.
    """

    G1 = "g1"
    G2 = "g2"
    NOTE = "note"
    BARE = "bare"
    OTHER = "other"


# As their servers' nodeinfo names them: Misskey, and what was made of it.
BARE_SOFTWARE: Final = (
    "calckey", "catodon", "cherrypick", "firefish", "foundkey", "iceshrimp", "iceshrimp.net", "misskey", "sharkey",
)  # fmt: skip


class Scheme(enum.Enum):
    """How a request of ours is signed.  ``CAVAGE_PATH_ONLY`` leaves the query out of what is signed."""

    CAVAGE = "cavage"
    CAVAGE_PATH_ONLY = "cavage-path-only"
    MESSAGES = "rfc9421"


@frozen
class Signer:
    """
    Who a request proved to come from.

    :ivar is_gone: the actor's own server says that it is no more; nothing but its own removal may be believed of it.
    """

    actor: Actor
    key_id: str
    is_gone: bool = False


@frozen
class Answer:
    """
    A document that another server gave us.

    :ivar url: that finally answered.
    """

    url: str
    document: dict[str, Any]


# --- what can go wrong ---------------------------------------------------------------------------


class Unsigned(Unauthenticated):
    """A request without a signature where there has to be one."""

    text = "This request must be signed."


class Forged(Unauthenticated):
    """A signature that proves nothing; the text says why."""

    text = "The signature is not valid."


class StillAsked(Unavailable):
    """Who signed a request is not known yet; their server is being asked, and has not answered so far."""

    text = "Your server is asked for your key, and has not answered yet."


class Untold(StillAsked):
    """A signature can be neither believed nor refused: at the moment its server does not tell the key."""

    text = "Your server does not tell your key at the moment."


class Idle(FwError):
    """A request that is in order and has no effect: it came before, or it removes somebody whom we never knew."""

    text = "There is nothing to do."


class AskFailed(RemoteFailed):
    """
    Another server did not give what was asked of it.

    :ivar code: blocked, webfinger, http, timeout, connection, request, invalid_json, invalid_jsonld,
        missing_jsonld_type, validation, save or unhandled.  Source: docs/federation.md §5.1.
    :ivar status_code: that the server answered, with the code ``http``.
    """

    def __init__(self, code: str, text: str = "", *, status_code: int | None = None) -> None:
        super().__init__(text)
        self.code, self.status_code = code, status_code

    @property
    def is_gone(self) -> bool:
        """The server knows that there was such a thing, and there is no more."""
        return self.status_code == 410

    @property
    def is_passing(self) -> bool:
        """Whether the same question may be answered some other time: nobody answered, or in a way that says so."""
        if self.code == "http":
            return self.status_code is None or self.status_code >= 500 or self.status_code in PASSING_STATUSES
        return self.code in ("timeout", "connection")
