"""
Coming in, and keeping one's account: sign-up, confirmed addresses, forgotten passwords, the secret of Subsonic apps.

How often one may is counted at the door: see ``web/limits.py``.  Source: docs/api.md §4.2, §4.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.core.people.arrivals import Arrivals
from fwtwisted.model.administration import Admission
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.reading import document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.accounts import PeopleDesk
from fwtwisted.wire.v1 import arrivals as v1_arrivals
from fwtwisted.wire.v1 import people as v1_people

CONFIRM_FIRST = "A link was sent to your address: open it to confirm that it is yours."
LINK_SENT = "Password reset e-mail has been sent."
CHOSEN = "Password has been reset with the new password."


@frozen
class ArrivalsDesk:
    """What this area is written with."""

    arrivals: Arrivals
    people: PeopleDesk

    def mounts(self) -> Sequence[Mount]:
        """Everything here, at its prefixes, which others share."""
        keys = Keys(self).app.resource()
        return (
            Mount("/api/v1/auth", Door(self).app.resource()),
            Mount("/api/v1/users", keys),
            Mount("/api/v1/users/users", keys),
        )


class Door:
    """``auth/registration/`` and ``auth/password/reset/``"""

    app = resource_app()

    def __init__(self, desk: ArrivalsDesk) -> None:
        self._arrivals, self._people = desk.arrivals, desk.people

    @app.route("/registration/", methods=["POST"])
    async def register(self, request: LeanRequest) -> bytes:
        """An account for who asks; signed in at once, unless there is something to wait for."""
        await self._people.callers.public(request)
        said = await document(request)
        await self._arrivals.registration.must_be_open(is_invited=bool(said.get("invitation")))
        admitted = await self._arrivals.registration.register(v1_arrivals.newcomer(said))
        if admitted.admission is Admission.CONFIRM:
            return answer(request, 201, {"detail": CONFIRM_FIRST})
        if admitted.admission is Admission.IN:
            await self._people.welcome(request, admitted.account.id)
        return nothing(request)

    @app.route("/registration/verify-email/", methods=["POST"])
    async def confirm(self, request: LeanRequest) -> bytes:
        """An address is who opened the link's own."""
        await self._people.callers.public(request)
        await self._arrivals.addresses.confirm(v1_arrivals.confirmation_key(await document(request)))
        return answer(request, 200, {"detail": "ok"})

    @app.route("/registration/resend-email/", methods=["POST"])
    async def remind(self, request: LeanRequest) -> bytes:
        """The link to confirm an address once more; the answer tells nobody whether there is an account."""
        await self._people.callers.public(request)
        await self._arrivals.addresses.remind_by_email(v1_arrivals.address(await document(request)))
        return answer(request, 200, {"detail": "ok"})

    @app.route("/password/reset/", methods=["POST"])
    async def ask_reset(self, request: LeanRequest) -> bytes:
        """A link to a new password; the answer tells nobody whether there is an account."""
        await self._people.callers.public(request)
        await self._arrivals.resets.ask(v1_arrivals.address(await document(request)))
        return answer(request, 200, {"detail": LINK_SENT})

    @app.route("/password/reset/confirm/", methods=["POST"])
    async def reset(self, request: LeanRequest) -> bytes:
        """A new password, for who has the link."""
        await self._people.callers.public(request)
        chosen = v1_arrivals.new_password(await document(request))
        await self._arrivals.resets.choose(chosen.uid, chosen.token, chosen.password)
        return answer(request, 200, {"detail": CHOSEN})

    @app.route("/user/", methods=["PUT", "PATCH"])
    async def user(self, request: LeanRequest) -> bytes:
        """The few facts that old clients ask for; none of them is changed here."""
        account = await self._people.accounts.of(await self._people.callers.user(request))
        v1_arrivals.unchanged_user(await document(request), account)
        return answer(request, 200, v1_people.rest_auth_user(account))


class Keys:
    """``users/change-email/`` and ``users/<username>/subsonic-token/``"""

    app = resource_app()

    def __init__(self, desk: ArrivalsDesk) -> None:
        self._arrivals, self._people = desk.arrivals, desk.people

    @app.route("/change-email/", methods=["POST"])
    async def change_address(self, request: LeanRequest) -> bytes:
        """A link to a new address; opening it makes the change."""
        viewer = await self._people.callers.scoped(request, "security")
        password, email = v1_arrivals.address_change(await document(request))
        await self._people.limits.spend("password-change", f"account {viewer.account_id}")
        await self._arrivals.addresses.change(viewer, password, email)
        return nothing(request)

    @app.route("/<username>/subsonic-token/", methods=["GET"])
    async def subsonic(self, request: LeanRequest, username: str) -> bytes:
        """The secret of one's Subsonic apps."""
        viewer = await self._people.callers.scoped(request, "security")
        return answer(request, 200, {"subsonic_api_token": await self._arrivals.subsonic.of(viewer, username)})

    @app.route("/<username>/subsonic-token/", methods=["POST"])
    async def renew_subsonic(self, request: LeanRequest, username: str) -> bytes:
        """A new one; the old one is void."""
        viewer = await self._people.callers.scoped(request, "security")
        return answer(request, 200, {"subsonic_api_token": await self._arrivals.subsonic.renew(viewer, username)})

    @app.route("/<username>/subsonic-token/", methods=["DELETE"])
    async def remove_subsonic(self, request: LeanRequest, username: str) -> bytes:
        """None any more."""
        viewer = await self._people.callers.scoped(request, "security")
        await self._arrivals.subsonic.remove(viewer, username)
        return nothing(request)
