"""Who acts and who asks, and what they may: actors, accounts, viewers, scopes, permissions, privacy levels."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.model.errors import Unauthenticated

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


@lru_cache(maxsize=1_000)
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
    SUBSONIC = "subsonic"  # the Subsonic password
    API_KEY = "api-key"  # of one Subsonic app
    SIGNATURE = "signature"  # an actor of another pod
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

    @property
    def the_actor(self) -> int:
        """The actor's key.  :raise Unauthenticated: nobody in particular asks."""
        if self.actor_id is None:
            raise Unauthenticated
        return self.actor_id

    @property
    def the_account(self) -> int:
        """The account's key.  :raise Unauthenticated: nobody with an account here asks."""
        if self.account_id is None:
            raise Unauthenticated
        return self.account_id

    def may(self, scope: str) -> bool:
        """Whether this viewer holds the leaf scope."""
        return scope in self.scopes


VISITOR = Viewer()


@frozen
class Pod:
    """
    This server, as others name it.

    :ivar url: protocol and host (with a port where it is not the protocol's own), no slash at the end.
    :ivar domain: what stands behind the ``@`` of our actors.
    """

    url: str
    domain: str

    def fid(self, path: str) -> str:
        """The federation id of what lies below ``/federation/``."""
        return f"{self.url}/federation/{path}"


@frozen
class Actor:
    """
    Somebody who acts in the fediverse: a person, a channel, a server.

    :ivar summary: the profile's own words, of type ``summary_type`` (``text/markdown``, ``text/html``, …).
    :ivar is_local: at home on this pod.
    """

    id: int
    uuid: UUID
    fid: str
    domain: str
    preferred_username: str
    type: str
    name: str | None
    summary: str | None
    summary_type: str | None
    url: str | None
    manually_approves_followers: bool | None
    icon_id: int | None
    creation_date: datetime
    last_fetch_date: datetime
    is_local: bool

    @property
    def full_username(self) -> str:
        """``user@domain``."""
        return f"{self.preferred_username}@{self.domain}"


@frozen
class Account:
    """
    Somebody who can sign in here.

    :ivar secret_key: renewed with the password; what was signed with an older one is void.
    :ivar permissions: granted to this account itself, beside the pod's default ones.
    :ivar upload_quota: megabytes of 10^6 bytes; None: the pod's default.
    :ivar settings: the web app's own, any JSON object.
    """

    id: int
    actor: Actor
    username: str
    email: str
    email_verified: bool
    secret_key: UUID
    is_active: bool
    is_staff: bool
    is_superuser: bool
    permissions: frozenset[str]
    privacy_level: Privacy
    upload_quota: int | None
    settings: Mapping[str, Any]
    date_joined: datetime
    last_activity: datetime | None
    instance_support_message_display_date: datetime | None
    funkwhale_support_message_display_date: datetime | None


@frozen
class Library:
    """
    Where somebody keeps uploads.

    :ivar uploads_count: uploads in it, whatever became of their import.
    :ivar size: their bytes; None when there are none.
    """

    id: int
    uuid: UUID
    fid: str
    owner: Actor
    name: str
    description: str | None
    privacy_level: Privacy
    is_channel: bool
    creation_date: datetime
    uploads_count: int
    size: int | None


@frozen
class Application:
    """
    A program that acts for people.

    :ivar client_secret: as stored: hashed.
    :ivar account_id: who registered it; None: the program itself, without a login.
    :ivar scopes: blank-separated.
    :ivar token: the personal token of its owner.
    """

    id: int
    client_id: str
    client_secret: str
    account_id: int | None
    name: str
    redirect_uris: str
    scopes: str
    token: str | None
    created: datetime
    updated: datetime
