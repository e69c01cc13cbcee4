"""
What this server serves, described: ``schema/`` for programs, ``schema/page/`` for people.

Paths and methods are those of the apps that are mounted; what each means is in ``web.v1.described``.  Both are written
when somebody asks for the first time.

Source: OpenAPI 3.1.1; docs/api.md §4.21.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from attrs import frozen

from fwtwisted.model.people import TOKEN_SCOPES
from fwtwisted.web.app import FastResource, resource_app, written
from fwtwisted.web.page import OwnFile
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.described import AREAS
from fwtwisted.wire import openapi_page
from fwtwisted.wire.openapi import Route, composed, ways_in
from fwtwisted.wire.openapi_shared import shared
from fwtwisted.wire.v1 import Document

PREFIX = "/api/v1/schema"
# Not of this API: Subsonic's calls, what pods say to each other, pages for people.
OTHER_FACES = ("/rest", "//rest", "/api/subsonic", "/federation", "/ns", "/share")
UNSERVED = ("HEAD", "OPTIONS")
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"


def routes(mounts: Iterable[Mount]) -> Iterator[Route]:
    """Everything that our own apps answer; what hangs at two prefixes, at the shorter one."""
    known: set[int] = set()
    for mount in sorted(mounts, key=lambda mount: len(mount.prefix)):
        resource = mount.resource
        if not isinstance(resource, FastResource) or mount.prefix.startswith(OTHER_FACES) or id(resource) in known:
            continue
        known.add(id(resource))
        for app in resource.apps:
            for rule in app.url_map.iter_rules():
                methods = sorted(method for method in rule.methods or ["GET"] if method not in UNSERVED)
                yield Route(f"{mount.prefix}{rule.rule}", methods)


def joined(found: Iterable[Route]) -> list[Route]:
    """The same, each path once."""
    methods: dict[str, list[str]] = {}
    for route in found:
        methods.setdefault(route.path, []).extend(route.methods)
    return [Route(path, several) for path, several in methods.items()]


@frozen
class Described:
    """Both forms, as they are sent."""

    document: OwnFile
    page: OwnFile


class SchemaDesk:
    """
    ``schema/``

    :param url: the pod's own.  :param version: of this server.
    :param mounts: what is served; asked when the description is first.
    """

    app = resource_app()

    def __init__(self, url: str, version: str, mounts: Callable[[], Sequence[Mount]]) -> None:
        self._url, self._version, self._mounts = url, version, mounts

    def mount(self) -> Mount:
        """Where it hangs."""
        return Mount(PREFIX, self.app.resource())

    @app.route("/", methods=["GET"])
    def document(self, request: LeanRequest) -> bytes:
        """For programs."""
        request.setHeader("Cache-Control", "no-cache")
        return self._described.document.sent(request)

    @app.route("/page/", methods=["GET"])
    def page(self, request: LeanRequest) -> bytes:
        """For people."""
        request.setHeader("Cache-Control", "no-cache")
        request.setHeader("Content-Security-Policy", PAGE_POLICY)
        return self._described.page.sent(request)

    @cached_property
    def _described(self) -> Described:
        document = self._written()
        page = openapi_page.written(document, f"{PREFIX}/").encode()
        return Described(_kept("schema.json", written(shared(document))), _kept("schema.html", page))

    def _written(self) -> Document:
        info = {
            "title": "fwtwisted",
            "version": self._version,
            "description": "What this server answers, as it is served. Every path is good with and without a slash "
            "at its end.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        }
        ways = ways_in(f"{self._url}/authorize", f"{self._url}/api/v1/oauth/token/", TOKEN_SCOPES)
        return composed(info, self._url, joined(routes(self._mounts())), AREAS, ways)


def _kept(name: str, body: bytes) -> OwnFile:
    return OwnFile(name, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
