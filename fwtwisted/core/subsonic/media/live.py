"""
HTTP Live Streaming: what the lists name, and the pieces, each made when it is asked for.

A player that follows the lists brings no credentials.  So every address holds a ticket: for this song, this bitrate
and this account, good for twelve hours; whether the account may still hear it is asked each time.

Source: docs/subsonic.md rule 57.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.core.subsonic.login import Session, SubsonicLogin
from fwtwisted.core.subsonic.media.streams import Sending, Streams
from fwtwisted.core.subsonic.media.tickets import Tickets
from fwtwisted.core.subsonic.sights import Sights
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.outside.ffmpeg import SEGMENT, Wish
from fwtwisted.wire.subsonic.live import Segment, segment_of, segments
from fwtwisted.wire.subsonic.names import Name, named

USUAL_KBITS = 128
TICKET_SECONDS = 12 * 3600


@frozen
class Listening:
    """
    Somebody who follows the lists of a song.

    :ivar kbits: of the sound.
    """

    session: Session
    name: Name
    kbits: int


class LiveStreaming:
    """Makes lists and pieces."""

    def __init__(self, login: SubsonicLogin, sights: Sights, streams: Streams, tickets: Tickets) -> None:
        self._login, self._sights, self._streams, self._tickets = login, sights, streams, tickets

    def ticket(self, listening: Listening) -> str:
        """What lets a player go on without credentials."""
        return self._tickets.issue([listening.session.viewer.account_id, str(listening.name), listening.kbits])

    async def admitted(self, ticket: str) -> Listening:
        """Whoever holds a ticket.  :raise NotFound: it is none, has run out, or its account is gone."""
        said = self._tickets.read(ticket)
        if said is None:
            raise NotFound
        account_id, name, kbits = said
        assert isinstance(account_id, int) and isinstance(name, str) and isinstance(kbits, int)
        session, song = await self._login.by_account(account_id), named(name)
        if session is None or song is None:
            raise NotFound
        return Listening(session, song, kbits)

    async def pieces(self, listening: Listening) -> Sequence[Segment]:
        """Of what the song consists.  :raise NotFound: it may not be heard, or nobody knows how long it is."""
        hearable = await self._streams.hearable(await self._sight(listening), listening.name)
        if not hearable.duration:
            raise NotFound
        return segments(hearable.duration)

    async def piece(self, listening: Listening, number: int) -> Sending:
        """A piece.  :raise NotFound: there is no such, or it may not be heard."""
        sight = await self._sight(listening)
        hearable = await self._streams.hearable(sight, listening.name)
        if not 0 <= number < len(segments(hearable.duration or 0)):
            raise NotFound
        piece = segment_of(number, hearable.duration or 0)
        wish = Wish(SEGMENT, listening.kbits * 1000, piece.start, piece.length)
        return await self._streams.made(sight, hearable, wish)

    async def _sight(self, listening: Listening) -> Sight:
        return await self._sights.sight(listening.session)
