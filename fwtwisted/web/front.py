"""
The web app at the root: its files, and its page for every place that is nobody else's.

::

    /api/…, /federation/…, /.well-known/…, /rest/…   404: only programs come there
    /manifest.json                                   the API's manifest
    /robots.txt                                      the app's, else what crawlers are asked to leave alone
    /settings.json, /custom.css, /serviceWorker.js   404 where the app brings none: they are no places of the page
    a file of the app, else one of ours              as it is, by range and condition, to be kept as its name allows
    /embed.html, /front/embed.html                   of these, the player for frames on other sites
    below /assets/, /media/, …                       404: a file that is not there is no place of the page
    anything else                                    the page, dressed (web.opengraph)

The app is one that somebody built, in a folder or behind a URL, or the page that we bring along; ours also stands in
while the other is not to be had.

Source: docs/api.md §6.1; docs/storage.md S-7.
"""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import unquote_to_bytes

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from fwtwisted.model.errors import FwError, NotFound, Unavailable
from fwtwisted.web.app import API_PREFIXES, broken, moved, reply, told
from fwtwisted.web.callers import Cookies
from fwtwisted.web.opengraph import Dressing
from fwtwisted.web.page import (
    APP_EMBED_POLICY,
    EMBED,
    HTML,
    INDEX,
    SERVICE_WORKER,
    OwnPage,
    framed_anywhere,
    keeping_of,
    type_of,
)
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.routing import MethodNotAllowed
from fwtwisted.web.transfer import Delivery, send
from fwtwisted.wire.html import Blank
from fwtwisted.wire.http import ByteSource

MANIFEST: Final = "manifest.json"
MANIFEST_OF_API: Final = "/api/v1/instance/spa-manifest.json"
OTHER_EMBED: Final = "front/embed.html"
ROBOTS: Final = "robots.txt"
NOT_FOR_ROBOTS: Final = ("/api/", "/rest/", "/share/", "/authorize", "/auth/", "/login", "/signup", "/manage/")
TEXT: Final = b"text/plain; charset=utf-8"
# What pages of this kind ask for beside themselves; who has no such file has no page of that name, either.
NO_PAGES: Final = ("custom.css", "favicon.ico", "settings.json", SERVICE_WORKER)
# Below these a path that nobody knows is not a place of the page, but a mistake.
NOT_PLACES: Final = ("assets/", "health/", "media/", "staticfiles/")


class App(Protocol):
    """An app that somebody else built."""

    async def page(self) -> str:
        """Its page; the same object for as long as it is the same.  :raise Unavailable: it is not to be had."""


class Folder(App, Protocol):
    """One whose files we have, too."""

    async def open(self, name: str) -> ByteSource:
        """One of its files.  :raise NotFound: there is none."""


@frozen
class Wardrobe:
    """
    What pages go out with.

    :ivar own_policy: Content-Security-Policy of our page; ``app_policy`` of another's.
    :ivar mark: header of a question for a page that we asked ourselves.
    """

    dressing: Dressing
    cookies: Cookies
    own_policy: bytes
    app_policy: bytes
    mark: str


class Documents(Protocol):
    """What pages are about, for those who want it as a document."""

    async def document(self, request: LeanRequest, path: str) -> bytes | None:
        """The answer in the place of a page at a path (decoded); None: the page is to be sent."""


class Front(Resource):
    """
    Serves the app; hangs at the root.

    :param app: of others; None: ours alone.
    :param folder: the same, where its files are ours to send.
    :param documents: for other servers.
    """

    isLeaf = True

    def __init__(
        self,
        own: OwnPage,
        wardrobe: Wardrobe,
        app: App | None = None,
        folder: Folder | None = None,
        documents: Documents | None = None,
    ) -> None:
        super().__init__()
        self._documents = documents
        self._own, self._wardrobe, self._app, self._folder = own, wardrobe, app, folder
        self._own_blank = Blank.read(own.text)
        self._app_blank: tuple[str, Blank] | None = None
        self._own_embed_policy = framed_anywhere(wardrobe.own_policy)

    def render(self, request: LeanRequest) -> int:
        """Answer, sooner or later."""
        answered = Deferred.fromCoroutine(self._answer(request))
        if not answered.called:
            request.notifyFinish().addErrback(lambda _: answered.cancel())
        answered.addErrback(_failed, request)
        return NOT_DONE_YET

    async def _answer(self, request: LeanRequest) -> None:
        """Follow the table above, from its top."""
        name = self._name(request)
        if name == MANIFEST:
            request.respond(moved(request, MANIFEST_OF_API))
            return
        is_page = name in ("", INDEX)  # goes out dressed, never as the bare file
        if not is_page and await self._send_file(request, EMBED if name == OTHER_EMBED else name):
            return
        if name == ROBOTS:
            request.respond(reply(request, 200, robots(), TEXT))
            return
        if name.startswith(NOT_PLACES) or name in NO_PAGES:
            raise NotFound
        await self._page(request, name)

    def _name(self, request: LeanRequest) -> str:
        """
        What is asked for, as a path without a slash in front.

        :raise NotFound: nothing that could be here.  :raise MethodNotAllowed: more than reading.
        """
        if request.path.startswith(API_PREFIXES) or request.requestHeaders.hasHeader(self._wardrobe.mark):
            raise NotFound
        if request.method not in (b"GET", b"HEAD"):
            raise MethodNotAllowed(request.method, ("GET", "HEAD"))
        return unquote_to_bytes(request.path).decode("utf-8", "replace")[1:]

    # --- files -----------------------------------------------------------------------------------

    async def _send_file(self, request: LeanRequest, name: str) -> bool:
        """Send the file of that name; whether there is one."""
        if self._folder is not None:
            try:
                source = await self._folder.open(name)
            except NotFound:
                pass  # ours may stand in: the player for frames, and what it is made of
            else:
                await self._send(request, name, source)
                return True
        own = self._own.file(name)
        if own is None:
            return False
        policy = self._own_embed_policy if name == EMBED else self._wardrobe.own_policy
        self._label(request, name, policy)
        request.respond(own.sent(request))
        return True

    async def _send(self, request: LeanRequest, name: str, source: ByteSource) -> None:
        """Send a file of the folder."""
        policy = APP_EMBED_POLICY if name == EMBED else self._wardrobe.app_policy
        self._label(request, name, policy)
        headers = {"Content-Security-Policy": policy.decode("ascii")}
        await send(request, source, Delivery(type_of(name), headers=headers))

    def _label(self, request: LeanRequest, name: str, policy: bytes) -> None:
        """The headers of a file."""
        headers = request.responseHeaders
        headers.setRawHeaders(b"Cache-Control", [keeping_of(name).encode("ascii")])
        headers.setRawHeaders(b"Content-Security-Policy", [policy])
        headers.setRawHeaders(b"Referrer-Policy", [b"strict-origin-when-cross-origin"])
        if name != EMBED:
            headers.setRawHeaders(b"X-Frame-Options", [b"SAMEORIGIN"])
        if name == SERVICE_WORKER:
            headers.setRawHeaders(b"Service-Worker-Allowed", [b"/"])

    # --- the page --------------------------------------------------------------------------------

    async def _page(self, request: LeanRequest, name: str) -> None:
        """Send the page, dressed; with it goes the token that writes must repeat."""
        document = None if self._documents is None else await self._documents.document(request, f"/{name}")
        if document is not None:
            request.respond(document)
            return
        additions = await self._wardrobe.dressing.additions(f"/{name}")
        blank, policy = await self._blank()
        body = blank.filled(additions).encode("utf-8", "replace")
        self._label(request, INDEX, policy)
        self._wardrobe.cookies.give_csrf(request)
        request.respond(reply(request, 200, body, HTML.encode("ascii")))

    async def _blank(self) -> tuple[Blank, bytes]:
        """The app's page, or ours while that is not to be had; and what it may do."""
        if self._app is None:
            return self._own_blank, self._wardrobe.own_policy
        try:
            text = await self._app.page()
        except Unavailable:
            return self._own_blank, self._wardrobe.own_policy
        if self._app_blank is None or self._app_blank[0] is not text:
            self._app_blank = (text, Blank.read(text))
        return self._app_blank[1], self._wardrobe.app_policy


def robots() -> bytes:
    """What programs that look around are asked to leave alone; pages, and what they show, they may read."""
    return "".join(("User-agent: *\n", *(f"Disallow: {path}\n" for path in NOT_FOR_ROBOTS))).encode()


def _failed(failure: Failure, request: LeanRequest) -> None:
    """Answer for what failed; nobody hears it when the client has gone."""
    if request.is_over:
        return
    if request.startedWriting:
        request.abort()
        return
    error = failure.value
    request.respond(told(request, error) if isinstance(error, FwError) else broken(request, failure))
