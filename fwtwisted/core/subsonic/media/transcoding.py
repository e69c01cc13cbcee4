"""
The extension ``transcoding``: what a player is told to ask for, and what it gets for that.

A decision is not kept; what it came to is signed and goes along with the player's question.

Source: docs/subsonic.md §9.6.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.subsonic.login import Session
from fwtwisted.core.subsonic.media.streams import Sending, Streams
from fwtwisted.core.subsonic.media.tickets import Tickets
from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import media
from fwtwisted.model.errors import BadRequest, Forbidden
from fwtwisted.model.heard import Sight
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.outside.ffmpeg import Wish
from fwtwisted.wire.subsonic.names import Name
from fwtwisted.wire.subsonic.transcoding import Decision, Player, Sound, decide, sound_of

TICKET_SECONDS = 48 * 3600


@frozen
class Advice:
    """
    What a player is told.

    :ivar params: what it is to ask with; None: nothing that it plays can be made.
    """

    source: Sound
    decision: Decision
    params: str | None


class Transcoding:
    """Advises players, and sends what they were advised to ask for."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        tickets: Tickets,
        preference: ReadPreference,
    ) -> None:
        self._database, self._streams, self._tickets, self._preference = database, streams, tickets, preference

    async def advise(self, session: Session, sight: Sight, name: Name, player: Player) -> Advice:
        """How the song gets to the player.  :raise NotFound: it may not be heard."""
        hearable = await self._streams.hearable(sight, name)
        channels, samplerate, bitdepth = await self._database.read(lambda tx: media.sound(tx, hearable.id))
        source = sound_of(hearable.mimetype or "", channels, hearable.bitrate or 0, samplerate, bitdepth)
        can = bool(await self._preference("music__transcoding_enabled"))
        decision = decide(source, player, session.max_bitrate * 1000, can)
        params = None
        if decision.made is not None and decision.result is not None:
            said = [session.viewer.account_id, str(name), decision.made.format, decision.result.bitrate]
            params = self._tickets.issue(said)
        return Advice(source, decision, params)

    async def stream(self, sight: Sight, name: Name, params: str, offset: float) -> Sending:
        """
        What was advised.

        :param offset: seconds.
        :raise BadRequest: the params are not ours, too old, or of another song.  :raise Forbidden: somebody else's.
        :raise NotFound: the song may not be heard any more.
        """
        said = self._tickets.read(params)
        if said is None:
            raise BadRequest("These transcodeParams are not valid, or not any more.")
        account_id, told, format, bitrate = said
        if told != str(name):
            raise BadRequest("These transcodeParams are for something else.")
        if account_id != sight.viewer.account_id:
            raise Forbidden
        hearable = await self._streams.hearable(sight, name)
        assert isinstance(format, str) and isinstance(bitrate, int)
        return await self._streams.made(sight, hearable, Wish(format, bitrate or None, offset))
