"""
``oembed``: how pages of others show an object of ours.

Source: docs/api.md §4.5.
"""

from __future__ import annotations

from collections.abc import Collection

from fwtwisted.core.pod.showing import Showing
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.shown import Sort
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.opengraph import Addresses
from fwtwisted.wire.places import place_at
from fwtwisted.wire.v1.oembed import oembed, wanted

PLAYERS = frozenset((Sort.TRACK, Sort.ALBUM, Sort.ARTIST, Sort.PLAYLIST, Sort.CHANNEL))


class OEmbed:
    """
    ``oembed/``

    :param hosts: names of ours in addresses; ``*`` for any.
    """

    app = resource_app()

    def __init__(self, showing: Showing, callers: Callers, addresses: Addresses, hosts: Collection[str]) -> None:
        self._showing, self._callers = showing, callers
        self._addresses, self._hosts = addresses, hosts

    def mount(self) -> Mount:
        """Where it hangs."""
        return Mount("/api/v1/oembed", self.app.resource())

    @app.route("/", methods=["GET"])
    async def show(self, request: LeanRequest) -> bytes:
        """The object that an address is about."""
        await self._callers.open(request, "libraries")
        wish = wanted(dict(Query.of(request)))
        place = place_at(wish.url, self._hosts)
        if place is None or place.sort not in PLAYERS:
            raise Invalid.on("url", "Nothing of this pod that can be embedded has this address.")
        try:
            shown = await self._showing.show(place)
        except NotFound as why:
            raise Invalid.on("url", f"There is no such {place.sort}.") from why
        return answer(request, 200, oembed(shown, wish, self._addresses))
