"""
Files of a web page on the wire: their types, how long they keep, what they may do; and the page that we bring along.

Our own files are few and small; they are read once, at the start, and served from memory.

Source: docs/api.md §6.1; docs/storage.md S-7 for the policies.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

from fwtwisted.web.app import reply
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire import http
from fwtwisted.wire.http import Conditions

INDEX: Final = "index.html"
EMBED: Final = "embed.html"
SERVICE_WORKER: Final = "serviceWorker.js"
HTML: Final = "text/html; charset=utf-8"

TYPES: Final[Mapping[str, str]] = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".htm": HTML,
    ".html": HTML,
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}

REVALIDATED: Final = "no-cache"
FOR_EVER: Final = "public, max-age=31536000, immutable"
# app-B1cD2e3F.js, app.1a2b3c4d.css: in a folder, and with at least one digit or capital in what looks like a digest.
_HASHED = re.compile(r".+/[^/]*[-.](?=[\w-]*[0-9A-Z_])[\w-]{8,64}(?:\.\w+)?\.\w{2,5}")


def type_of(name: str) -> str:
    """The media type of a file, by its name."""
    return TYPES.get(os.path.splitext(name)[1].lower(), "application/octet-stream")


def keeping_of(name: str) -> str:
    """How long a file keeps: for ever when its name changes with its bytes, else until somebody looks again."""
    return FOR_EVER if _HASHED.fullmatch(name) else REVALIDATED


# --- what pages may do -------------------------------------------------------------------------------


def page_policy(media_origins: Iterable[str] = ()) -> bytes:
    """
    The ``Content-Security-Policy`` of our own page.

    :param media_origins: origins (``https://store.example``) to which clients may be sent for images and audio.
    """
    media = " ".join(["'self'", "data:", "blob:", *media_origins])
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src {media}; media-src {media}; font-src 'self' data:; connect-src 'self'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ).encode("ascii")


def app_policy(media_origins: Iterable[str] = ()) -> bytes:
    """The same for an app of others, which may speak to other pods and wear styles and letters from anywhere."""
    media = " ".join(["'self'", "data:", "blob:", *media_origins])
    return (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src https: http: 'self' 'unsafe-inline'; "
        f"img-src {media}; media-src {media}; font-src https: http: 'self' data:; "
        "connect-src https: wss: http: ws: 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "frame-ancestors 'self'"
    ).encode("ascii")


def framed_anywhere(policy: bytes) -> bytes:
    """The policy of our own player within pages of others: as the page's, in any frame, of programs as well."""
    return policy.removesuffix(b"; frame-ancestors 'self'")


APP_EMBED_POLICY: Final = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' https://unpkg.com; "
    b"style-src 'self' 'unsafe-inline'; img-src https: http: 'self' data:; media-src https: http: 'self' data:; "
    b"font-src https: http: 'self' data:; connect-src https: http: 'self'; object-src 'none'; base-uri 'self'"
)
"""For the player of an app of others: it fetches a library from one well-known host, and plays from any pod."""


# --- our own files -----------------------------------------------------------------------------------


@frozen
class OwnFile:
    """A file that we bring along."""

    name: str
    body: bytes
    etag: str

    def sent(self, request: LeanRequest) -> bytes:
        """Prepare the answer: the file, unless the client has it already."""
        request.responseHeaders.setRawHeaders(b"ETag", [self.etag.encode("ascii")])
        conditions = Conditions.read(request.requestHeaders.getRawHeaders)
        plan = http.plan(request.method, conditions, None, self.etag, None)
        if plan.status != http.OK:
            request.code = plan.status
            return b""
        return reply(request, 200, self.body, type_of(self.name).encode("ascii"))


class OwnPage:
    """
    The page that we bring along.

    :param folder: with an ``index.html``; read here and now.
    :raise FileNotFoundError: there is no such folder, or no page in it.
    """

    def __init__(self, folder: str) -> None:
        self._files = {file.name: file for file in _read(folder)}
        if INDEX not in self._files:
            raise FileNotFoundError(f"no page in {folder}")
        self.text = self._files[INDEX].body.decode("utf-8")

    def file(self, name: str) -> OwnFile | None:
        """The file at a path below the root, without a slash in front; None when there is none."""
        return self._files.get(name)


def _read(folder: str) -> Iterator[OwnFile]:
    """Every file below the folder but hidden ones."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                full = os.path.join(place, name)
                with open(full, "rb") as file:
                    body = file.read()
                digest = hashlib.sha256(body).hexdigest()[:32]
                yield OwnFile(os.path.relpath(full, folder).replace(os.sep, "/"), body, f'"{digest}"')
