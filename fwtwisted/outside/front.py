"""
A web app that somebody else built: its page, and its files where we have them.

In a folder it is read anew when it changes.  Behind a URL the page is asked for now and then: what was got last goes on
being served while that fails, and while it takes its time.

Source: docs/api.md §6.1; docs/settings.md, ``FUNKWHALE_SPA_HTML_ROOT``.
"""

from __future__ import annotations

import os
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.model.errors import FwError, NotFound, Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import FileSource, open_file, path_below
from fwtwisted.outside.fetching import Fetching, FetchSettings, Wish, system_lookup
from fwtwisted.wire.names import is_name
from fwtwisted.wire.targets import Exemptions

LARGEST_PAGE: Final = 2 * 2**20  # bytes
LOOK_SECONDS: Final = 1.0  # between looks at the page in a folder
AGAIN_SECONDS: Final = 10.0  # after a URL did not answer
PATIENCE_SECONDS: Final = 5.0  # for an answer
MARK: Final = "X-Fwtwisted-Front"
"""The header of our own question for a page: whoever asks us with it gets no page, else we would ask in circles."""
AWAY: Final = "The web app is not there just now."


@frozen
class FrontSettings:
    """
    Where the app is; one of the two.

    :ivar folder: that holds it.  :ivar page: name of its page there.
    :ivar url: of its page.  :ivar fresh_seconds: how long a page from there is good.
    """

    folder: str | None = None
    page: str = "index.html"
    url: str | None = None
    fresh_seconds: float = 900.0


@frozen
class _Page:
    """A page that was read.  :ivar stamp: changes with the file."""

    text: str
    stamp: tuple[int, int, int]


class FrontFolder:
    """
    An app in a folder.

    :param folder: absolute; its files may be changed at any time.
    """

    def __init__(self, folder: str, page: str, threads: Threads, clock: IReactorTime) -> None:
        self._folder, self._threads, self._clock = folder, threads, clock
        self._path = os.path.join(folder, page)
        self._kept: _Page | None = None
        self._look_at = 0.0

    def is_there(self) -> bool:
        """Whether there is a page; looks at the disk, so for the start only."""
        return os.path.isfile(self._path) and os.access(self._path, os.R_OK)

    async def page(self) -> str:
        """
        The page; the same object for as long as it is the same.

        :raise Unavailable: it was never there.
        """
        if self._kept is None or self._clock.seconds() >= self._look_at:
            self._look_at = self._clock.seconds() + LOOK_SECONDS
            self._kept = await self._threads(self._read, self._kept)
        return self._kept.text

    async def open(self, name: str) -> FileSource:
        """
        One of the files, to be sent.

        :param name: below the folder, without a slash in front.
        :raise NotFound: there is none, it is hidden, or links lead out of the folder.
        """
        if not is_name(name):
            raise NotFound
        path = await path_below(self._threads, self._folder, os.path.join(self._folder, name))
        return await open_file(self._threads, path)

    async def close(self) -> None:
        """Nothing is under way."""

    def _read(self, kept: _Page | None) -> _Page:
        """In a thread: the page, unless it is still the one that is kept."""
        try:
            told = os.stat(self._path)
            stamp = (told.st_mtime_ns, told.st_size, told.st_ino)
            if kept is not None and kept.stamp == stamp:
                return kept
            with open(self._path, "rb") as file:
                return _Page(_text(file.read(LARGEST_PAGE)), stamp)
        except OSError as why:  # while a new version is put there, the old one serves
            if kept is None:
                raise Unavailable(AWAY) from why
            return kept


class FrontUrl:
    """An app on another web server, of which only the page passes through us."""

    _log = Logger()

    def __init__(self, url: str, fresh_seconds: float, fetching: Fetching, clock: IReactorTime) -> None:
        self._url = url if url.endswith(".html") else f"{url.rstrip('/')}/index.html"
        self._seconds, self._fetching, self._clock = fresh_seconds, fetching, clock
        self._text: str | None = None
        self._ask_at = 0.0
        self._asking: Deferred[None] | None = None
        self._waiting: list[Deferred[None]] = []

    async def page(self) -> str:
        """
        The page; the same object for as long as it is the same.

        Nobody waits for a page while an older one is there.

        :raise Unavailable: it never came.
        """
        if self._clock.seconds() >= self._ask_at and self._asking is None:
            self._asking = Deferred.fromCoroutine(self._ask())
            self._asking.addBoth(self._asked)
        if self._text is None and self._asking is not None:
            heard: Deferred[None] = Deferred()
            self._waiting.append(heard)
            await heard
        if self._text is None:
            raise Unavailable(AWAY)
        return self._text

    async def close(self) -> None:
        """Wait no longer for an answer."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self) -> None:
        self._ask_at = self._clock.seconds() + AGAIN_SECONDS
        wish = Wish(headers={"Accept": "text/html", MARK: "page"}, largest=LARGEST_PAGE, schemes=("https", "http"))
        try:
            answer = await self._fetching.get(self._url, wish)
            if not answer.is_good:
                raise Unavailable(f"status {answer.status}")
        except FwError as why:
            self._log.warn("the web app's page is not to be had: {why}", event="front.away", why=str(why))
            return
        except CancelledError:  # by close
            return
        text = _text(answer.body)
        self._text = self._text if self._text == text else text
        self._ask_at = self._clock.seconds() + self._seconds

    def _asked(self, outcome: object) -> object:
        self._asking = None
        waiting, self._waiting = self._waiting, []
        for heard in waiting:
            if not heard.called:  # else its asker has left
                heard.callback(None)
        return outcome


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace").removeprefix("\ufeff")


def front(settings: FrontSettings, reactor: Any, threads: Threads, user_agent: str) -> FrontFolder | FrontUrl | None:
    """The app that the settings name; None when they name none."""
    if settings.folder is not None:
        return FrontFolder(settings.folder, settings.page, threads, reactor)
    if settings.url is None:
        return None
    host = urlsplit(settings.url).hostname or ""
    fetching = Fetching(  # the operator named this host, wherever it is
        reactor,
        threads,
        FetchSettings(
            user_agent, Exemptions.of([host]), connect_seconds=2.0, idle_seconds=3.0, total_seconds=PATIENCE_SECONDS
        ),
        system_lookup(threads),
    )
    return FrontUrl(settings.url, settings.fresh_seconds, fetching, reactor)
