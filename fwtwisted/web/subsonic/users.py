"""
Users: who has an account, what they may, and their Subsonic passwords.

Source: docs/subsonic.md §8.12.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from fwtwisted.core.subsonic.people import COVERS, People, Roles
from fwtwisted.core.subsonic.sights import THIS_POD, folder_of
from fwtwisted.model.people import Viewer
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.together import Person
from fwtwisted.web.subsonic.admission import clear
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import when
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import missing

# Roles that mean nothing to the rest of the house: what is taken here is refused under /rest.
OWN_ROLES = ("settings", "stream", "jukebox", "download", "upload", "playlist", "comment", "podcast", "share")
HIGHEST_BITRATE = 10_000  # kbit/s


@frozen
class Offered:
    """
    What the pod offers at all; roles for anything else are nobody's.

    :ivar shares: pages for people without an account.  :ivar jukebox: a player beside the server.
    """

    shares: bool = True
    jukebox: bool = False


class Users:
    """Calls about accounts."""

    def __init__(self, people: People, preference: ReadPreference, offered: Offered) -> None:
        self._people, self._preference, self._offered = people, preference, offered

    @call("getUser", scope="read:profile")
    async def one(self, asked: Asked, caller: Caller) -> Payload:
        username = asked.text("username") or caller.viewer.username
        person = await self._people.one(caller.viewer, username)
        return {"user": self._document(person, await self._has_podcasts())}

    @call("getUsers", scope=None)
    async def everybody(self, asked: Asked, caller: Caller) -> Payload:
        found = await self._people.everybody(caller.viewer)
        has_podcasts = await self._has_podcasts()
        return {"users": {"user": [self._document(one, has_podcasts) for one in found]}}

    @writing_call("createUser")
    async def create(self, asked: Asked, caller: Caller) -> Payload:
        self._people.must_keep(caller.viewer)
        username, password, email = asked.needed("username"), clear(asked.needed("password")), asked.needed("email")
        if not password:
            raise missing("password")
        await self._people.create(caller.viewer, username, email, password, _roles(asked))
        return EMPTY

    @writing_call("updateUser")
    async def change(self, asked: Asked, caller: Caller) -> Payload:
        self._people.must_keep(caller.viewer)
        password = asked.text("password")
        await self._people.change(
            caller.viewer,
            asked.needed("username"),
            _roles(asked),
            email=asked.text("email"),
            password=None if password is None else clear(password) or None,
        )
        return EMPTY

    @writing_call("deleteUser")
    async def remove(self, asked: Asked, caller: Caller) -> Payload:
        self._people.must_keep(caller.viewer)
        await self._people.remove(caller.viewer, asked.needed("username"))
        return EMPTY

    @writing_call("changePassword")
    async def change_password(self, asked: Asked, caller: Caller) -> Payload:
        username, password = asked.needed("username"), clear(asked.needed("password"))
        if not password:
            raise missing("password")
        if _is_own(username, caller.viewer):
            caller.must("settings")
        await self._people.set_password(caller.viewer, username, password)
        return EMPTY

    async def _has_podcasts(self) -> bool:
        return bool(await self._preference("audio__channels_enabled"))

    def _document(self, person: Person, has_podcasts: bool) -> Payload:
        """A ``user``."""
        offered = {"share": self._offered.shares, "jukebox": self._offered.jukebox, "podcast": has_podcasts}
        roles = {f"{role}Role": offered.get(role, True) and role not in person.denied_roles for role in OWN_ROLES}
        told: dict[str, Any] = {
            "username": person.username,
            "email": person.email,
            "scrobblingEnabled": person.scrobbles,
            "maxBitRate": person.max_bitrate,
            "adminRole": person.is_superuser,
            **roles,
            "coverArtRole": person.is_superuser or COVERS in person.permissions,
            "videoConversionRole": False,
        }
        if person.pictured is not None:
            told["avatarLastChanged"] = when(person.pictured)
        return {**told, "folder": [THIS_POD, *(folder_of(id) for id in person.libraries)]}


def _is_own(username: str, viewer: Viewer) -> bool:
    return username.lower() == viewer.username.lower()


def _roles(asked: Asked) -> Roles:
    """What the call says about roles; what it does not say stays."""
    others = {role: given for role in OWN_ROLES if (given := asked.maybe_truth(f"{role}Role")) is not None}
    limit = asked.maybe_number("maxBitRate")
    return Roles(
        admin=asked.maybe_truth("adminRole"),
        covers=asked.maybe_truth("coverArtRole"),
        others=others,
        max_bitrate=None if limit is None or limit < 0 else min(limit, HIGHEST_BITRATE),
    )
