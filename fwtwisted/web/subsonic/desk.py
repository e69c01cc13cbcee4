"""What the areas of music share: whose eyes, which folder, and what an id stands for."""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.core.subsonic.lists import Lists
from fwtwisted.core.subsonic.sights import Sights
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.web.subsonic.calls import Caller
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import Paper
from fwtwisted.wire.subsonic.errors import Code, Refused, missing
from fwtwisted.wire.subsonic.names import Name, Prefix, named

NO_FOLDER = 0  # which is none of anybody's
LONGEST_COMMENT = 5_000  # characters
LATEST_POSITION = 10**12  # milliseconds


@frozen
class SubsonicDesk:
    """Where songs, albums and artists are asked for."""

    sights: Sights
    hearing: Hearing
    lists: Lists
    paper: Paper

    async def sight(self, caller: Caller) -> Sight:
        """All that the caller may hear."""
        return await self.sights.sight(caller.known)

    async def sight_within(self, caller: Caller, asked: Asked) -> Sight:
        """The same, within the music folder that was asked for; nothing for a folder that is none."""
        if asked.text("musicFolderId") is None:
            return await self.sight(caller)
        return await self.sights.sight(caller.known, asked.number("musicFolderId", NO_FOLDER))


def the_name(asked: Asked, bare: Prefix | None = None, parameter: str = "id") -> Name:
    """
    What the id stands for.

    :param bare: what one without a prefix stands for.
    :raise Refused: code 10 when none came.  :raise NotFound: it cannot be an id of ours.
    """
    name = named(asked.needed(parameter), bare)
    if name is None:
        raise NotFound()
    return name


def of_kind(asked: Asked, prefix: Prefix, parameter: str = "id") -> Name:
    """The same, of one kind only.  :raise NotFound: also for an id of another kind."""
    name = the_name(asked, prefix, parameter)
    if name.prefix is not prefix:
        raise NotFound()
    return name


def the_position(asked: Asked, parameter: str = "position") -> int:
    """A place in a song, milliseconds.  :raise Refused: code 10 for what is none."""
    position = asked.needed_number(parameter)
    if not 0 <= position <= LATEST_POSITION:
        raise missing(parameter)
    return position


def the_comment(asked: Asked) -> str | None:
    """What people wrote, which may be nothing; None: no word of it.  :raise Refused: it is too long."""
    comment = asked.given("comment")
    if comment is not None and len(comment) > LONGEST_COMMENT:
        raise Refused(Code.MISSING_PARAMETER, "The comment is too long.")
    return comment
