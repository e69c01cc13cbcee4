"""
Shares as outsiders see them: ``/share/<secret>`` and the songs below it.

The address is the right: nobody signs in, no cookie counts, and it is told to no other page.  People who look are
counted, programs that look for previews are not.  Every request falls under the limit of visitors.

Source: docs/subsonic.md rule 59.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from fwtwisted.core.subsonic.shares import Shares
from fwtwisted.model.errors import NotFound
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.web.app import reply, resource_app
from fwtwisted.web.limits import SHARES
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.transfer import Delivery, announce, send
from fwtwisted.wire.shared import Look, page, picture_of
from fwtwisted.wire.subsonic.documents import Paper

HTML = b"text/html; charset=utf-8"
UNTOLD: Mapping[str, str] = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
HEARD = {**UNTOLD, "Cache-Control": "private, max-age=0, must-revalidate"}
ROBOT = re.compile(rb"bot|crawl|spider|preview|slurp|scrap|fetch|facebookexternalhit|embed|curl|wget|python|^$", re.I)

_GONE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Not here</title>\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<link rel="stylesheet" href="/embed/shared.css"></head>\n'
    "<body><main><h1>Not here</h1><p>This share does not exist, or it has ended.</p></main></body></html>\n"
)


@frozen
class Surroundings:
    """
    What surrounds a share.

    :ivar preference: instance settings.  :ivar paper: knows addresses of pictures.  :ivar domain: of the pod.
    :ivar media: origins at which pictures may lie, beside ours.
    """

    preference: ReadPreference
    paper: Paper
    domain: str
    media: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """What the page may do: show itself, its pictures, and play."""
        origins = " ".join(["'self'", *self.media])
        return (
            f"default-src 'none'; style-src 'self'; script-src 'self'; img-src {origins}; media-src {origins}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        )


class SharedPages:
    """What hangs at ``/share``."""

    app = resource_app()

    def __init__(self, shares: Shares, surroundings: Surroundings) -> None:
        self._shares, self._surroundings = shares, surroundings

    def mount(self) -> Mount:
        """At its prefix."""
        return Mount(SHARES, self.app.resource())

    @app.route("/<secret>/", methods=["GET"])
    async def look(self, request: LeanRequest, secret: str) -> bytes:
        """The page."""
        headers = {**UNTOLD, "Content-Security-Policy": self._surroundings.policy}
        try:
            shared = await self._shares.page(secret, is_visit=_is_visit(request))
        except NotFound:
            return reply(request, 404, _GONE.encode(), HTML, headers)
        picture = picture_of(shared)
        look = Look(
            await self._surroundings.preference("instance__name") or self._surroundings.domain,
            self._shares.url(shared.secret),
            None if picture is None else self._surroundings.paper.image_url(picture),
        )
        return reply(request, 200, page(shared, look).encode(), HTML, headers)

    @app.route("/<secret>/<int:place>/", methods=["GET"])
    async def hear(self, request: LeanRequest, secret: str, place: int) -> bytes | None:
        """The bytes of a song."""
        stream = await self._shares.stream(secret, place)
        delivery = Delivery(stream.media_type, None, HEARD)
        if request.method == b"HEAD" and stream.is_live:  # nothing is transcoded for somebody who only looks
            announce(request, delivery)
            return None
        await send(request, await stream.open(), delivery)
        return None


def _is_visit(request: LeanRequest) -> bool:
    """Whether a person looks."""
    return request.method == b"GET" and ROBOT.search(request.header(b"User-Agent") or b"") is None
