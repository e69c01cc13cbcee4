"""What is done while the bytes of an answer are got ready."""

from __future__ import annotations

import os
from datetime import datetime

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.model.errors import Unavailable
from fwtwisted.outside.blobs import FileSource, open_file
from fwtwisted.web.app import resource_app
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.transfer import Delivery, send
from fwtwisted.wire.http import Span
from tests.waiting import settled, until
from tests.web.serving import Served, serve

BODY = b"sound" * 1000


class Slow:
    """A file that is ready when it is told to be.  :ivar getting: fires then.  :ivar is_closed: it was."""

    cache_status = "MISS"
    age: int | None = None
    etag: str | None = None
    modified: datetime | None = None

    def __init__(self, source: FileSource) -> None:
        self._source, self.length = source, source.length
        self.getting: Deferred[None] = Deferred()
        self.is_asked = self.is_closed = False

    async def ready(self, span: Span | None) -> None:
        """Wait."""
        self.is_asked = True
        await self.getting

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """As the file."""
        return self._source.produce(consumer, span)

    def descriptor(self) -> int | None:
        """As the file."""
        return self._source.descriptor()

    def close(self) -> None:
        """Note it."""
        self.is_closed = True
        self._source.close()


class Player:
    """Sends a slow file, and does something meanwhile."""

    app = resource_app()

    def __init__(self, path: str) -> None:
        self._path = path
        self.doing: Deferred[None] = Deferred()
        self.source: Slow | None = None

    @app.route("/file", methods=["GET"])
    async def file(self, request: LeanRequest) -> None:
        self.source = Slow(await open_file(deferToThread, self._path))

        async def work() -> None:
            await self.doing

        await send(request, self.source, Delivery("audio/mpeg"), meanwhile=work())


class BesideTests(TestCase):
    """Work beside the getting ready."""

    async def serve(self) -> Served:
        """Serve a file."""
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(BODY)
        self.player = Player(path)
        return await serve(self, [Mount("/play", self.player.app.resource())])

    async def asked(self) -> Slow:
        """The source, when somebody waits for it."""
        await until(lambda: self.player.source is not None and self.player.source.is_asked, "the source")
        assert self.player.source is not None
        return self.player.source

    async def test_both_are_waited_for(self) -> None:
        """The answer comes when the bytes are ready and the work is done, in whichever order."""
        for order in (("getting", "doing"), ("doing", "getting")):
            served = await self.serve()
            answering = Deferred.fromCoroutine(served.ask("GET", "/play/file"))
            source = await self.asked()
            for one in order:
                self.assertFalse(answering.called)
                {"getting": source.getting, "doing": self.player.doing}[one].callback(None)
                await settled()
            self.assertEqual((200, BODY), ((answer := await answering).status, answer.body))

    async def test_work_fails(self) -> None:
        """What it raises is the answer; the source is closed."""
        served = await self.serve()
        answering = Deferred.fromCoroutine(served.ask("GET", "/play/file"))
        source = await self.asked()
        self.player.doing.errback(Unavailable())
        source.getting.callback(None)
        self.assertEqual(503, (await answering).status)
        self.assertTrue(source.is_closed)

    async def test_both_fail(self) -> None:
        """The listener is told of the bytes; what else goes wrong in the work is in the log."""
        served = await self.serve()
        answering = Deferred.fromCoroutine(served.ask("GET", "/play/file"))
        source = await self.asked()
        source.getting.errback(Unavailable())
        self.assertEqual(503, (await answering).status)
        self.player.doing.errback(ValueError("a mistake"))
        await settled()
        self.assertEqual(1, len(self.flushLoggedErrors(ValueError)))
