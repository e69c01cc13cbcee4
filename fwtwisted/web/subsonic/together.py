"""
What everybody on the pod shares: chat, and internet radio stations.

Source: docs/subsonic.md §8.10, §8.11.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fwtwisted.core.subsonic.chat import Chat
from fwtwisted.core.subsonic.stations import Stations
from fwtwisted.model.together import Station
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.web.subsonic.desk import of_kind
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import milliseconds
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Code, Refused, missing
from fwtwisted.wire.subsonic.names import Name, Prefix

LONGEST_MESSAGE = 2000  # characters
LONGEST_NAME = 255
LONGEST_URL = 2000


class Chatting:
    """``getChatMessages``, ``addChatMessage``."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    @call("getChatMessages")
    async def messages(self, asked: Asked, caller: Caller) -> Payload:
        found = await self._chat.since(asked.moment("since"))
        told = [{"username": one.username, "time": milliseconds(one.moment), "message": one.message} for one in found]
        return {"chatMessages": {"chatMessage": told}}

    @writing_call("addChatMessage")
    async def say(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:profile")
        message = asked.needed("message").replace("\0", "").strip()
        if not message:
            raise missing("message")
        if len(message) > LONGEST_MESSAGE:
            raise Refused(Code.GENERIC, f"A message has at most {LONGEST_MESSAGE} characters.")
        await self._chat.say(caller.account_id, message)
        return EMPTY


class InternetRadio:
    """The four calls for internet radio stations."""

    def __init__(self, stations: Stations) -> None:
        self._stations = stations

    @call("getInternetRadioStations", scope="read:radios")
    async def all(self, asked: Asked, caller: Caller) -> Payload:
        found = [_document(one) for one in await self._stations.all()]
        return {"internetRadioStations": {"internetRadioStation": found}}

    @writing_call("createInternetRadioStation")
    async def add(self, asked: Asked, caller: Caller) -> Payload:
        self._stations.must_keep(caller.viewer)
        await self._stations.add(caller.viewer, *_station(asked), _home_page(asked) or "")
        return EMPTY

    @writing_call("updateInternetRadioStation")
    async def change(self, asked: Asked, caller: Caller) -> Payload:
        self._stations.must_keep(caller.viewer)
        id = of_kind(asked, Prefix.STATION).number
        await self._stations.change(caller.viewer, id, *_station(asked), _home_page(asked))
        return EMPTY

    @writing_call("deleteInternetRadioStation")
    async def remove(self, asked: Asked, caller: Caller) -> Payload:
        self._stations.must_keep(caller.viewer)
        await self._stations.remove(caller.viewer, of_kind(asked, Prefix.STATION).number)
        return EMPTY


def _document(station: Station) -> Payload:
    told = {"id": str(Name(Prefix.STATION, station.id)), "name": station.name, "streamUrl": station.stream_url}
    return {**told, "homePageUrl": station.home_page_url} if station.home_page_url else told


def _station(asked: Asked) -> tuple[str, str]:
    """Name and stream of a station."""
    name = asked.needed("name").replace("\0", "").strip()
    if not name or len(name) > LONGEST_NAME:
        raise missing("name")
    return name, _url("streamUrl", asked.needed("streamUrl"))


def _home_page(asked: Asked) -> str | None:
    """The home page, under either spelling of its name; None when none came, empty to have none."""
    for name in ("homepageUrl", "homePageUrl"):
        given = asked.given(name)
        if given is not None:
            return _url(name, given) if given else ""
    return None


def _url(name: str, text: str) -> str:
    """An address of the web.  :raise Refused: code 10 for any other."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or len(text) > LONGEST_URL or not text.isprintable() or " " in text:
        raise missing(name)
    return text
