"""
The web page that the house brings along: a folder of files, and the page itself for every path that nobody knows.

The files are few and small; they are read once, at the start, and served from memory.

Source: docs/api.md §6.1; docs/storage.md S-7 for the policy.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

from attrs import frozen
from twisted.web.resource import Resource

from fwtwisted.model.errors import NotFound
from fwtwisted.web.app import API_PREFIXES, moved, reply, told
from fwtwisted.web.callers import Cookies
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.routing import MethodNotAllowed
from fwtwisted.wire import http
from fwtwisted.wire.http import Conditions

INDEX = b"/index.html"
MANIFEST = b"/manifest.json"
MANIFEST_OF_API = "/api/v1/instance/spa-manifest.json"
# Below these an unknown path is not a place of the page, but a mistake.
NOT_PLACES = (*API_PREFIXES, b"/assets/", b"/health/", b"/media/", b"/staticfiles/")

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/vnd.microsoft.icon",
    ".jpg": b"image/jpeg",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".mjs": b"text/javascript; charset=utf-8",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".wasm": b"application/wasm",
    ".webmanifest": b"application/manifest+json",
    ".webp": b"image/webp",
    ".woff2": b"font/woff2",
}


def page_policy(media_origins: Iterable[str] = ()) -> bytes:
    """
    The ``Content-Security-Policy`` of the page.

    :param media_origins: origins (``https://store.example``) to which clients may be sent for images and audio.
    """
    media = " ".join(["'self'", "data:", "blob:", *media_origins])
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src {media}; media-src {media}; font-src 'self' data:; connect-src 'self'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ).encode("ascii")


@frozen
class _File:
    """A file of the page."""

    body: bytes
    media_type: bytes
    etag: str


class Page(Resource):
    """
    Serves the page; hangs at the root.

    :param folder: with an ``index.html``; read here and now.
    :raise FileNotFoundError: there is no such folder, or no page in it.
    """

    isLeaf = True

    def __init__(self, folder: str, cookies: Cookies, policy: bytes) -> None:
        super().__init__()
        self._cookies = cookies
        self._files = dict(_read(folder))
        if INDEX not in self._files:
            raise FileNotFoundError(f"no page in {folder}")
        self._common = (
            (b"Cache-Control", [b"no-cache"]),
            (b"Content-Security-Policy", [policy]),
            (b"Referrer-Policy", [b"strict-origin-when-cross-origin"]),
            (b"X-Frame-Options", [b"SAMEORIGIN"]),
        )

    def render(self, request: LeanRequest) -> bytes:
        """The file at this path, or the page."""
        if request.path.startswith(NOT_PLACES):
            return told(request, NotFound())
        if request.method not in (b"GET", b"HEAD"):
            return told(request, MethodNotAllowed(request.method, ("GET", "HEAD")))
        path = unquote_to_bytes(request.path)
        file = self._files.get(path)
        if file is None and path == MANIFEST:
            return moved(request, MANIFEST_OF_API)
        if file is None or path == INDEX:
            return self._index(request)
        return self._file(request, path, file)

    def _index(self, request: LeanRequest) -> bytes:
        """The page itself; with it goes the token that writes must repeat."""
        file = self._files[INDEX]
        self._describe(request)
        self._cookies.give_csrf(request)
        return reply(request, 200, file.body, file.media_type)

    def _file(self, request: LeanRequest, path: bytes, file: _File) -> bytes:
        """One of its files, unless the client has it already."""
        self._describe(request)
        request.responseHeaders.setRawHeaders(b"ETag", [file.etag.encode("ascii")])
        if path == b"/serviceWorker.js":
            request.responseHeaders.setRawHeaders(b"Service-Worker-Allowed", [b"/"])
        conditions = Conditions.read(request.requestHeaders.getRawHeaders)
        plan = http.plan(request.method, conditions, None, file.etag, None)
        if plan.status != http.OK:
            request.code = plan.status
            return b""
        return reply(request, 200, file.body, file.media_type)

    def _describe(self, request: LeanRequest) -> None:
        """The headers of all files."""
        for name, values in self._common:
            request.responseHeaders.setRawHeaders(name, values)


def _read(folder: str) -> Iterator[tuple[bytes, _File]]:
    """Every file below the folder but hidden ones, by its path on the wire."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                full = os.path.join(place, name)
                path = b"/" + os.fsencode(os.path.relpath(full, folder)).replace(os.sep.encode(), b"/")
                yield path, _read_one(full)


def _read_one(path: str) -> _File:
    """One file."""
    with open(path, "rb") as file:
        body = file.read()
    extension = os.path.splitext(path)[1].lower()
    digest = hashlib.sha256(body).hexdigest()[:32]
    return _File(body, _TYPES.get(extension, b"application/octet-stream"), f'"{digest}"')
