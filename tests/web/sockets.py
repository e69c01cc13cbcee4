"""
A page that listens: a client of WebSockets over a real connection, with wsproto to speak for it.

    page = await Page.open(port, cookies)
    self.assertEqual("Listen", (await page.heard())["type"])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Message,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

reactor: Any = the_reactor
PLACE = "/api/v1/activity"
PATIENCE = 15.0  # seconds


class Refused(Exception):
    """There was no WebSocket to be had.  :ivar status: why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Page(Protocol):
    """
    One connection.

    :ivar pings: how often we were asked whether we are there.
    :ivar code: what the far end closed with; None while it has not.
    """

    def __init__(self, host: str, headers: Mapping[str, str], *, answers_pings: bool = True) -> None:
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._host, self._headers, self._answers = host, headers, answers_pings
        self.opened: Deferred[None] = Deferred()
        self.closed: Deferred[None] = Deferred()
        self.messages: list[Any] = []
        self.pings = 0
        self.code: int | None = None
        self._text = ""
        self._waiting: Deferred[None] | None = None

    @classmethod
    async def open(
        cls,
        port: int,
        cookies: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        host: str = "pod.example",
        *,
        answers_pings: bool = True,
        place: str = PLACE,
    ) -> Page:
        """Open one.  :raise Refused:"""
        told = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        page = cls(host, {**told, **(headers or {})}, answers_pings=answers_pings)
        page._place = place
        await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port), page)
        await page.opened
        return page

    _place = PLACE

    def connectionMade(self) -> None:
        """Ask for the WebSocket."""
        extra = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        self._write(self._ws.send(Request(host=self._host, target=self._place, extra_headers=extra)))

    def dataReceived(self, data: bytes) -> None:
        """Something came."""
        self._ws.receive_data(data)
        for event in self._ws.events():
            self._happened(event)

    def _happened(self, event: object) -> None:
        if isinstance(event, AcceptConnection):
            self.opened.callback(None)
        elif isinstance(event, RejectConnection):
            self.opened.errback(Refused(event.status_code))
            self.hang_up()
        elif isinstance(event, Ping):
            self.pings += 1
            if self._answers:
                self._write(self._ws.send(event.response()))
        elif isinstance(event, TextMessage):
            self._text += event.data
            if event.message_finished:
                self.messages.append(orjson.loads(self._text))
                self._text = ""
                self._wake()
        elif isinstance(event, CloseConnection):
            self.code = event.code
            if self._ws.state is ConnectionState.REMOTE_CLOSING:
                self._write(self._ws.send(event.response()))
            self.hang_up()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        self.closed.callback(None)
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.callback(None)

    def _write(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    # --- what a test does --------------------------------------------------------------------------

    async def heard(self) -> Any:
        """The next message, soon."""
        while not self.messages:
            assert not self.closed.called, "the connection is closed"
            self._waiting = Deferred()
            self._waiting.addTimeout(PATIENCE, reactor)
            await self._waiting
        return self.messages.pop(0)

    async def gone(self) -> int | None:
        """Wait for the end; the code that it was closed with."""
        await self.closed.addTimeout(PATIENCE, reactor)
        return self.code

    def say(self, text: str) -> None:
        """Send a message."""
        self._write(self._ws.send(Message(data=text)))

    def stop_reading(self) -> None:
        """Take nothing more."""
        transport: Any = self.transport
        transport.pauseProducing()

    def hang_up(self) -> None:
        """Leave."""
        transport: Any = self.transport
        transport.loseConnection()
