"""
The extension ``transcoding``: ``getTranscodeDecision`` and ``getTranscodeStream``.

Source: docs/subsonic.md §9.6.
"""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.core.subsonic.media.streams import Sending
from fwtwisted.core.subsonic.media.transcoding import Advice, Transcoding
from fwtwisted.model.errors import BadRequest, Forbidden, FwError, NotFound, Throttled, Unavailable
from fwtwisted.web.app import reply
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.subsonic.calls import Caller, call, media_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, the_name
from fwtwisted.web.subsonic.media.sending import Sender
from fwtwisted.web.subsonic.media.streams import MOST_SECONDS
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Refused, missing
from fwtwisted.wire.subsonic.names import Name, Prefix
from fwtwisted.wire.subsonic.transcoding import player_in

_KINDS = ("song", "podcast")
NOTHING = "Nothing that this player takes can be made of it."

# getTranscodeStream speaks HTTP's own codes; the first type that fits counts.
_STATUS: Mapping[type[FwError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Throttled: 429,
    Unavailable: 503,
    BadRequest: 400,
}


class TranscodingCalls:
    """Calls of players that know what they can play."""

    def __init__(self, desk: SubsonicDesk, transcoding: Transcoding, sender: Sender) -> None:
        self._desk, self._transcoding, self._sender = desk, transcoding, sender

    @call("getTranscodeDecision", methods=(b"POST",))
    async def decision(self, asked: Asked, caller: Caller) -> Payload:
        name, player = _media(asked), player_in(asked.body)
        advice = await self._transcoding.advise(caller.known, await self._desk.sight(caller), name, player)
        return {"transcodeDecision": _told(advice)}

    @media_call("getTranscodeStream")
    async def stream(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes | None:
        try:
            sending = await self._sending(asked, caller)
            return await self._sender.send(request, sending)
        except FwError as error:
            if request.startedWriting:
                raise
            if isinstance(error, Throttled | Unavailable):
                request.setHeader("Retry-After", str(error.retry_after))
            return reply(request, _status(error), str(error).encode(), b"text/plain; charset=utf-8")

    async def _sending(self, asked: Asked, caller: Caller) -> Sending:
        name, params = _media(asked), asked.needed("transcodeParams")
        offset = float(min(asked.number("offset", 0), MOST_SECONDS))
        return await self._transcoding.stream(await self._desk.sight(caller), name, params, offset)


def _media(asked: Asked) -> Name:
    """What is to be played.  :raise Refused: code 10 when that is not said.  :raise NotFound:"""
    name = the_name(asked, Prefix.TRACK, "mediaId")
    if (asked.needed("mediaType")).lower() not in _KINDS:
        raise missing("mediaType")
    return name


def _status(error: FwError) -> int:
    if isinstance(error, Refused):
        return error.status if error.status != 200 else 400
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)


def _told(advice: Advice) -> Payload:
    decision = advice.decision
    told: dict[str, object] = {
        "canDirectPlay": decision.plays_as_it_is,
        "canTranscode": decision.made is not None,
        "transcodeReason": list(decision.reasons),
        "sourceStream": advice.source.document,
    }
    if not decision.plays_as_it_is and decision.made is None:
        told["errorReason"] = NOTHING
    if advice.params is not None and decision.result is not None:
        told |= {"transcodeParams": advice.params, "transcodeStream": decision.result.document}
    return told
