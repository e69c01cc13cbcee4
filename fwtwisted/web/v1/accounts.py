"""
Signing in and out, the first administrator, and one's own account.

Source: docs/api.md §4.2, §4.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.core.people.accounts import Accounts
from fwtwisted.core.people.profiles import Profiles
from fwtwisted.core.people.signin import SignIn
from fwtwisted.core.pod.limits import Limits
from fwtwisted.web.app import answer, nothing, reply, resource_app
from fwtwisted.web.callers import Callers, Cookies, session_key
from fwtwisted.web.reading import document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.routing import MethodNotAllowed
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import Pictures
from fwtwisted.wire.v1 import people as v1_people

ME = "me"
ME_KNOWS = ("DELETE", "GET", "HEAD", "OPTIONS")
PLAIN = b"text/plain; charset=utf-8"


@frozen
class PeopleDesk:
    """What this area is written with."""

    accounts: Accounts
    profiles: Profiles
    signin: SignIn
    limits: Limits
    callers: Callers
    cookies: Cookies
    pictures: Pictures

    async def welcome(self, request: LeanRequest, account_id: int) -> None:
        """Sign the client in: a session of its own, a fresh CSRF token, and an end to the session before."""
        before = session_key(request)
        if before is not None:
            await self.signin.log_out(before)
        session = await self.signin.open_session(account_id)
        self.cookies.give_session(request, session.key)
        self.cookies.renew_csrf(request)


def mounts(desk: PeopleDesk) -> Sequence[Mount]:
    """Everything here, at its prefixes."""
    users = Users(desk).app.resource()
    return (
        Mount("/api/v1/users", users),
        Mount("/api/v1/users/users", users),
        Mount("/api/v1/auth", Auth(desk).app.resource()),
        Mount("/api/v1/setup", SetUp(desk).app.resource()),
    )


class Users:
    """``users/``"""

    app = resource_app()

    def __init__(self, desk: PeopleDesk) -> None:
        self._desk = desk

    @app.route("/login/", methods=["POST"])
    async def log_in(self, request: LeanRequest) -> bytes:
        """Name and password become a session."""
        desk = self._desk
        desk.callers.check_csrf(request)
        name, password = v1_people.credentials(await document(request))
        account_id = await desk.signin.authenticate(name, password, request.client_address)
        await desk.welcome(request, account_id)
        return reply(request, 200, b"", PLAIN)

    @app.route("/logout/", methods=["POST"])
    async def log_out(self, request: LeanRequest) -> bytes:
        """The session ends, if there is one."""
        self._desk.callers.check_csrf(request)
        key = session_key(request)
        if key is not None:
            await self._desk.signin.log_out(key)
        self._desk.cookies.take_session(request)
        self._desk.cookies.give_csrf(request)
        return reply(request, 200, b"", PLAIN)

    @app.route("/me/", methods=["GET"])
    async def me(self, request: LeanRequest) -> bytes:
        """Oneself."""
        viewer = await self._desk.callers.scoped(request, "profile")
        return answer(request, 200, v1_people.me(await self._desk.profiles.me(viewer), self._desk.pictures))

    @app.route("/me/", methods=["DELETE"])
    async def leave(self, request: LeanRequest) -> bytes:
        """Go for good."""
        viewer = await self._desk.callers.scoped(request, "profile")
        password = v1_people.leaving(await document(request))
        await self._desk.limits.spend("password-change", f"account {viewer.account_id}")
        await self._desk.profiles.leave(viewer, password)
        self._desk.cookies.take_session(request)
        return nothing(request)

    @app.route("/settings/", methods=["POST"])
    async def settings(self, request: LeanRequest) -> bytes:
        """What the web app keeps for its user."""
        viewer = await self._desk.callers.scoped(request, "profile")
        return answer(request, 200, await self._desk.profiles.merge_settings(viewer, await document(request)))

    @app.route("/<username>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, username: str) -> bytes:
        """What others see of oneself."""
        if username == ME:
            raise MethodNotAllowed(request.method, ME_KNOWS)
        viewer = await self._desk.callers.scoped(request, "profile")
        change = v1_people.profile_change(await document(request))
        changed = await self._desk.profiles.change(viewer, username, change)
        return answer(request, 200, v1_people.profile(changed, self._desk.pictures))


class Auth:
    """``auth/``"""

    app = resource_app()

    def __init__(self, desk: PeopleDesk) -> None:
        self._desk = desk

    @app.route("/user/", methods=["GET"])
    async def user(self, request: LeanRequest) -> bytes:
        """The few facts that old clients ask for."""
        account = await self._desk.accounts.of(await self._desk.callers.user(request))
        return answer(request, 200, v1_people.rest_auth_user(account))

    @app.route("/registration/change-password/", methods=["POST"])
    @app.route("/password/change/", methods=["POST"])
    async def change_password(self, request: LeanRequest) -> bytes:
        """A new password, for who knows the old one."""
        viewer = await self._desk.callers.user(request)
        change = v1_people.password_change(await document(request))
        await self._desk.accounts.change_password(viewer, change.old, change.new, session_key(request))
        return answer(request, 200, {"detail": "New password has been saved."})


class SetUp:
    """``setup/``: the first administrator of an empty pod."""

    app = resource_app()

    def __init__(self, desk: PeopleDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["POST"])
    async def set_up(self, request: LeanRequest) -> bytes:
        """Make the first account, for who has the link that was printed at the start."""
        token, wish = v1_people.set_up(await document(request))
        account = await self._desk.accounts.set_up(token, wish)
        await self._desk.welcome(request, account.id)
        return answer(request, 201, v1_people.rest_auth_user(account))
