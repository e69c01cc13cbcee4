"""
Listening: ``listen/<track>`` and ``stream/<track>.mp3``.

Source: docs/api.md §4.9; docs/storage.md §6.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.listening.streaming import ListenWish, Stream, Streaming
from fwtwisted.model.errors import NotFound
from fwtwisted.model.people import Via, Viewer
from fwtwisted.web.app import nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.transfer import PRIVATE, Delivery, Front, announce, hand_over, send, send_away
from fwtwisted.wire.audio_keys import AudioKeys
from fwtwisted.wire.http import content_disposition
from fwtwisted.wire.v1.questions import TRUTHS, uuid_or_none

MOST_KBITS = 320


class _Player:
    """What both addresses do: find, note, send."""

    def __init__(self, streaming: Streaming, callers: Callers, front: Front) -> None:
        self._streaming, self._callers, self._front = streaming, callers, front

    async def play(
        self, request: LeanRequest, track: UUID, wish: ListenWish, *, download: bool, has_key: bool = False
    ) -> bytes | None:
        """
        Answer with the bytes, or with an empty 404.

        :param has_key: the address itself is proof that a visitor may hear what is everybody's.
        """
        viewer = await self._callers.listener(request, has_key=has_key)
        try:
            stream = await self._streaming.stream(viewer, track, wish)
            return await self._sent(request, viewer, stream, stream.filename if download else None)
        except NotFound:
            if request.startedWriting:
                raise
            return nothing(request, 404)

    async def _sent(self, request: LeanRequest, viewer: Viewer, stream: Stream, filename: str | None) -> bytes | None:
        """Answer with the bytes.  :param filename: under which they are to be saved; None: they are played."""
        is_sent_away = self._front.redirects and viewer.via is not Via.SIGNATURE
        if is_sent_away and stream.distant is not None and request.method == b"GET":
            await self._note(request, viewer, stream)
            disposition = None if filename is None else content_disposition(filename).decode("ascii")
            return send_away(request, stream.distant.url(None, stream.media_type, disposition))
        delivery = Delivery(stream.media_type, filename, PRIVATE)
        place = await self._front.place_of(stream)
        if place is not None:
            await self._note(request, viewer, stream)
            cached = "LOCAL" if stream.distant is None else "BYPASS"
            return hand_over(request, place, delivery.cached(cached))
        if request.method == b"HEAD" and stream.is_live:  # nothing is transcoded for somebody who only looks
            announce(request, delivery.cached("MISS"))
            return None
        source = await stream.open()
        await send(request, source, delivery, meanwhile=self._note(request, viewer, stream))
        return None

    async def admitted(self, request: LeanRequest) -> None:
        """Refuse whoever may not listen at all."""
        await self._callers.listener(request)

    async def _note(self, request: LeanRequest, viewer: Viewer, stream: Stream) -> None:
        if request.method != b"GET":
            return
        listener = f"u{viewer.account_id}" if viewer.account_id is not None else f"a{request.client_address}"
        await self._streaming.served(stream, listener, from_the_start=_from_the_start(request))


def _from_the_start(request: LeanRequest) -> bool:
    """Whether the first byte is asked for, and not known already."""
    if request.header(b"If-None-Match") or request.header(b"If-Modified-Since"):
        return False
    asked = (request.header(b"Range") or b"bytes=0-").replace(b" ", b"")
    return asked.startswith(b"bytes=0-")


class Listen:
    """``listen/<track>``"""

    app = resource_app()

    def __init__(self, streaming: Streaming, callers: Callers, front: Front, keys: AudioKeys | None = None) -> None:
        self._player, self._keys = _Player(streaming, callers, front), keys

    @app.route("/<uuid:track>/", methods=["GET"])
    async def listen(self, request: LeanRequest, track: UUID) -> bytes | None:
        query = Query.of(request)
        upload = query.get("upload")
        named = uuid_or_none(upload) if upload else None
        if upload and named is None:
            await self._player.admitted(request)
            return nothing(request, 404)
        wish = ListenWish(named, (query.get("to") or "").lower() or None, _max_bitrate(query.get("max_bitrate")))
        download = TRUTHS.get(query.get("download") or "", True)
        has_key = self._keys is not None and self._keys.opens(query.get("key"), named)
        return await self._player.play(request, track, wish, download=download, has_key=has_key)


class StreamMp3:
    """``stream/<track>.mp3``: what feed readers are given."""

    app = resource_app()

    def __init__(self, streaming: Streaming, callers: Callers, front: Front) -> None:
        self._player = _Player(streaming, callers, front)

    @app.route("/<name>/", methods=["GET"])
    async def stream(self, request: LeanRequest, name: str) -> bytes | None:
        track = uuid_or_none(name.removesuffix(".mp3"))
        if track is None:
            await self._player.admitted(request)
            return nothing(request, 404)
        return await self._player.play(request, track, ListenWish(to="mp3"), download=False)


def _max_bitrate(text: str | None) -> int | None:
    """Bits a second; None for no limit: 0 and nonsense are none."""
    if not text or not text.isascii() or not text.isdigit():
        return None
    return min(int(text[:6]), MOST_KBITS) * 1000 or None
