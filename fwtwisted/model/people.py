"""Who asks, and what they may: viewers, scopes, permissions, privacy levels."""

from __future__ import annotations

import enum

from attrs import frozen

LEAVES = (
    "profile", "libraries", "edits", "follows", "favorites", "filters", "listenings", "radios", "playlists",
    "notifications", "security", "reports", "plugins",
)  # fmt: skip
INSTANCE_LEAVES = tuple(
    f"instance:{area}"
    for area in (
        "settings", "users", "invitations", "edits", "libraries", "accounts", "domains", "policies", "reports",
        "requests", "notes",
    )
)  # fmt: skip


def _both(*leaves: str) -> frozenset[str]:
    return frozenset(f"{verb}:{leaf}" for verb in ("read", "write") for leaf in leaves)


ALL_SCOPES = _both(*LEAVES, *INSTANCE_LEAVES)
# What an anonymous visitor of an open pod may: docs/api.md, "Scopes".
OPEN_SCOPES = frozenset(
    f"read:{leaf}" for leaf in ("libraries", "playlists", "listenings", "favorites", "radios", "edits")
)
# The most that a token of an application can ever carry.
TOKEN_SCOPES = _both(
    "profile", "libraries", "playlists", "follows", "favorites", "notifications", "radios", "edits", "filters",
    "reports", "listenings",
)  # fmt: skip
USER_SCOPES = TOKEN_SCOPES | _both("security", "plugins")
PERMISSION_SCOPES = {
    "moderation": _both(
        *(f"instance:{a}" for a in ("policies", "accounts", "domains", "reports", "requests", "notes"))
    ),
    "library": _both("instance:edits", "instance:libraries"),
    "settings": _both("instance:settings", "instance:users", "instance:invitations"),
}
PERMISSIONS = tuple(PERMISSION_SCOPES)


def expanded(words: str) -> frozenset[str]:
    """The leaf scopes that a blank-separated scope string stands for; unknown words stand for nothing."""
    asked = set(words.split())
    return frozenset(s for s in ALL_SCOPES if s in asked or s.partition(":")[0] in asked)


class Privacy(enum.StrEnum):
    """Who may see a thing.  Libraries know no ``followers``."""

    ME = "me"
    FOLLOWERS = "followers"
    INSTANCE = "instance"
    EVERYONE = "everyone"


class Via(enum.StrEnum):
    """How a viewer proved who they are."""

    NOTHING = "nothing"
    SESSION = "session"
    TOKEN = "token"  # an OAuth access token or an application's personal token
    BASIC = "basic"
    LISTEN_TOKEN = "listen-token"
    COMMAND = "command"  # somebody at the machine's own shell


@frozen
class Viewer:
    """
    Who is asking.  All rights are decided from this value alone.

    :ivar account_id: the local account, None for visitors and for actors of other pods.
    :ivar actor_id: the account's actor, or a foreign actor that signed the request; None for visitors.
    :ivar is_local: the actor lives on this pod (sees content of level ``instance``).
    :ivar scopes: leaf scopes such as ``read:libraries``.
    """

    account_id: int | None = None
    actor_id: int | None = None
    username: str = ""
    is_local: bool = False
    is_superuser: bool = False
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    via: Via = Via.NOTHING

    @property
    def is_anonymous(self) -> bool:
        """Nobody in particular."""
        return self.actor_id is None

    def may(self, scope: str) -> bool:
        """Whether this viewer holds the leaf scope."""
        return scope in self.scopes


VISITOR = Viewer()
