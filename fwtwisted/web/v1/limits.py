"""
``rate-limit``: where the asker stands with every limit; asking costs nothing.

Source: docs/api.md §4.5.
"""

from __future__ import annotations

from fwtwisted.core.pod.limits import Limits, network_of
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.limits import name_of
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1.limits import rate_limits


class RateLimits:
    """``rate-limit``"""

    app = resource_app()

    def __init__(self, limits: Limits, callers: Callers) -> None:
        self._limits, self._callers = limits, callers

    def mount(self) -> Mount:
        """Where it hangs."""
        return Mount("/api/v1/rate-limit", self.app.resource())

    @app.route("/", methods=["GET"])
    async def standings(self, request: LeanRequest) -> bytes:
        """Every limit."""
        viewer = await self._callers.public(request)
        address = network_of(request.client_address)
        who = address if viewer.account_id is None else name_of(viewer.account_id)
        found, on = await self._limits.standings(who), self._limits.enabled
        return answer(request, 200, rate_limits(found, viewer.account_id, address, request.site.seconds(), on=on))
