"""
Who calls: credentials from the parameters, or from the Authorization header when there are none.

Cookies never count here, for ``star`` is a GET.  Source: docs/subsonic.md §3, rules 12 to 18.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from attrs import frozen

from fwtwisted.core.pod.limits import Limits
from fwtwisted.core.subsonic.login import Session, SubsonicLogin
from fwtwisted.model.people import Viewer
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.subsonic.calls import Caller
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.errors import Code, Refused, missing

ByBearer: TypeAlias = Callable[[str], Awaitable[Viewer | None]]

BUCKET = "subsonic"
WRONG = "Wrong username or password."
LONGEST_CLIENT = 128  # characters


@frozen
class LoginPolicy:
    """
    Which ways of signing in the pod takes.

    :ivar tokens: ``t`` and ``s``.  :ivar passwords: ``p``.  :ivar help_url: a page that tells what to do instead.
    """

    tokens: bool = True
    passwords: bool = True
    help_url: str | None = None


class Admission:
    """
    Lets callers in.

    :param by_bearer: whose OAuth or application token this is.
    """

    def __init__(
        self, login: SubsonicLogin, by_bearer: ByBearer, limits: Limits, policy: LoginPolicy = LoginPolicy()
    ) -> None:
        self._login, self._by_bearer, self._limits, self._policy = login, by_bearer, limits, policy

    async def __call__(self, request: LeanRequest, asked: Asked, *, is_counted: bool) -> Caller:
        """
        The caller.

        :param is_counted: whether the call falls under the hourly limit.
        :raise Refused: rule 14.  :raise Throttled: too many calls, or too many wrong passwords.
        """
        client = (asked.text("c") or "")[:LONGEST_CLIENT]
        session = await self._session(request, asked, client)
        if is_counted:
            await self._limits.spend(BUCKET, f"user:{session.viewer.account_id}")
        return Caller(session, client, request.client_address)

    async def _session(self, request: LeanRequest, asked: Asked, client: str) -> Session:
        key, name = asked.text("apiKey"), asked.text("u")
        password, token, salt = asked.given("p"), asked.text("t"), asked.text("s")
        if key is not None:
            if name or password is not None or token:
                raise Refused(Code.SEVERAL_CREDENTIALS, "Multiple conflicting authentication mechanisms were provided.")
            return _believed(await self._login.by_key(key, client), Code.INVALID_KEY, "Invalid API key.")
        if name is None:
            return await self._by_header(request)
        if password is not None and token is not None:
            raise Refused(Code.SEVERAL_CREDENTIALS, "Multiple conflicting authentication mechanisms were provided.")
        if token is not None:
            return await self._by_token(request, name, token, salt)
        if password is None:
            raise missing("p")
        return await self._by_password(request, name, clear(password))

    async def _by_password(self, request: LeanRequest, name: str, password: str) -> Session:
        if not self._policy.passwords:
            raise Refused(
                Code.NO_PASSWORD_LOGIN, "This server takes no passwords: use an API key.", self._policy.help_url
            )
        found = await self._login.by_password(name, password, request.client_address)
        return _believed(found, Code.WRONG_CREDENTIALS, WRONG)

    async def _by_token(self, request: LeanRequest, name: str, token: str, salt: str | None) -> Session:
        if not self._policy.tokens:
            raise Refused(Code.NO_TOKEN_LOGIN, "This server takes no tokens: use an API key.", self._policy.help_url)
        if salt is None:
            raise missing("s")
        found = await self._login.by_token(name, token, salt, request.client_address)
        return _believed(found, Code.WRONG_CREDENTIALS, WRONG)

    async def _by_header(self, request: LeanRequest) -> Session:
        """What an app sends that knows other servers, too; only where the parameters name nobody (rule 15)."""
        scheme, _, value = (request.header(b"Authorization") or b"").decode("latin-1").strip().partition(" ")
        if scheme.lower() == "basic":
            name, colon, password = _decoded(value).partition(":")
            if colon and name:
                return await self._by_password(request, name, password)
        if scheme.lower() == "bearer":
            viewer = await self._by_bearer(value.strip())
            session = None if viewer is None else await self._login.by_viewer(viewer)
            return _believed(session, Code.WRONG_CREDENTIALS, WRONG)
        raise missing("u")


def _believed(session: Session | None, code: Code, text: str) -> Session:
    if session is None:
        raise Refused(code, text)
    return session


def clear(password: str) -> str:
    """A password as people know it; what is no hex behind ``enc:`` is taken as it stands."""
    if password.startswith("enc:"):
        try:
            return bytes.fromhex(password[4:]).decode("utf-8")
        except ValueError:
            return password
    return password


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
