"""
What is put into a page before it goes out: the pod's name, its manifest and style, and what crawlers want to know.

Source: docs/api.md §6.1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from fwtwisted.core.pod.showing import Showing
from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.model.preferences import BANNER, Values
from fwtwisted.wire.html import Additions, Tag
from fwtwisted.wire.opengraph import Addresses, Site, object_tags, site_tags
from fwtwisted.wire.places import place_of

NOTHING = Additions()


@frozen
class DressingSettings:
    """
    What is said on every page, and what is replaced.

    :ivar rewrites: title and manifest are replaced.
    :ivar manifest_url: the manifest's.
    :ivar picture: URL of a picture for pages that have none; None: the pod's banner, if there is one.
    :ivar federates: this server speaks to other pods.
    """

    rewrites: bool
    manifest_url: str
    picture: str | None
    federates: bool


class Dressing:
    """Knows what to put into which page."""

    def __init__(
        self,
        values: Callable[[], Awaitable[Values]],
        showing: Showing,
        addresses: Addresses,
        settings: DressingSettings,
    ) -> None:
        self._values, self._showing = values, showing
        self._addresses, self._settings = addresses, settings

    async def additions(self, path: str) -> Additions:
        """
        What is put into the page at a path (decoded).

        While the database is away pages go out as they are.
        """
        try:
            values = await self._values()
            tags = await self._tags(path, values)
        except Unavailable:
            return NOTHING
        rewrites = self._settings.rewrites
        return Additions(
            title=values["instance__name"] or None if rewrites else None,
            manifest=self._settings.manifest_url if rewrites else None,
            tags=tuple(tags),
            css=values["ui__custom_css"],
        )

    async def _tags(self, path: str, values: Values) -> list[Tag]:
        site = self._site(values)
        said = [] if values["common__api_authentication_required"] else await self._about(path, site)
        return said + site_tags(site, path, self._addresses, said)

    async def _about(self, path: str, site: Site) -> list[Tag]:
        """What the page says of the object that it is about."""
        place = place_of(path)
        if place is None:
            return []
        try:
            return object_tags(await self._showing.show(place), self._addresses, site)
        except NotFound:
            return []

    def _site(self, values: Values) -> Site:
        banner = values[BANNER]
        return Site(
            values["instance__name"],
            values["instance__short_description"],
            f"{self._addresses.pictures.media_url}{banner}" if banner else self._settings.picture,
            self._settings.federates and bool(values["federation__enabled"]),
        )
