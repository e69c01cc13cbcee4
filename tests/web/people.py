"""A served pod with accounts and libraries, and a browser for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from fwtwisted.web.callers import Callers, Cookies, CsrfGuard, Identities
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.accounts import PeopleDesk, mounts
from fwtwisted.web.v1.applications import ApplicationDesk
from fwtwisted.web.v1.libraries import LibraryDesk
from fwtwisted.wire.v1 import Pictures
from tests.core.people.case import PASSWORD, PeopleCase
from tests.web.serving import Answer, Served, serve

API = "https://pod.example/api/v1"
CSRF = "c" * 32


class Browser:
    """Keeps cookies, repeats the CSRF token, and sends JSON."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self.cookies = {"csrftoken": CSRF}
        self.headers: dict[str, str] = {}

    async def ask(self, method: str, path: str, document: Any = None, *, raw: bytes = b"", kind: str = "") -> Answer:
        """Ask for a path below ``/api/v1/``; what it sets is kept."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if "csrftoken" in self.cookies:
            headers |= {"X-CSRFToken": self.cookies["csrftoken"], "Referer": "https://pod.example/"}
        body = raw if document is None else orjson.dumps(document)
        if body:
            headers["Content-Type"] = kind or "application/json"
        said = await self._served.ask(method, f"/api/v1/{path}", headers | self.headers, body)
        for name, told in said.cookies.items():
            self.cookies[name] = told.partition(";")[0]
        return said

    async def form(self, path: str, **fields: str) -> Answer:
        """Post a form."""
        return await self.ask("POST", path, raw=urlencode(fields).encode(), kind="application/x-www-form-urlencoded")

    async def log_in(self, name: str = "alice", password: str = PASSWORD) -> Answer:
        """Sign in."""
        return await self.form("users/login", username=name, password=password)


class ServedPeopleCase(PeopleCase):
    """Accounts and libraries behind a real socket."""

    is_open = False

    async def opened(self) -> bool:
        return self.is_open

    def mounts(self) -> Sequence[Mount]:
        """What is served."""
        identities = Identities(
            self.signin.by_token, self.signin.by_session, self.signin.by_password, self.signin.by_listen_token
        )
        guard = CsrfGuard(secure=True, hosts=frozenset(("pod.example",)))
        callers = Callers(identities, self.opened, guard)
        pictures = Pictures("https://pod.example/media/", "https://pod.example")
        cookies = Cookies(secure=True)
        desk = PeopleDesk(self.accounts, self.profiles, self.signin, self.limits, callers, cookies, pictures)
        programs = ApplicationDesk(self.applications, callers, API)
        return (*mounts(desk), programs.mount(), LibraryDesk(self.libraries, callers, API).mount())

    async def browser(self) -> Browser:
        """A browser that is not signed in."""
        if not hasattr(self, "served"):
            self.served = await serve(self, self.mounts())
        return Browser(self.served)

    async def signed_in(self, name: str = "alice", **wishes: Any) -> Browser:
        """A browser of a new account."""
        await self.an_account(name, **wishes)
        browser = await self.browser()
        said = await browser.log_in(name)
        self.assertEqual(200, said.status, said)
        return browser
