"""
The whole server, asked as Subsonic apps ask it.

::

    class ThingsTests(SubsonicCase):
        async def test_albums_are_listed(self) -> None:
            app = await self.app("nadia")
            told = await app.ask("getAlbumList2", type="newest")
            self.assertEqual([], told["albumList2"]["album"])
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from attrs import define

from tests.rest.pod import PodCase
from tests.web.serving import Answer, Served

SECRET = "lantern harbour"
NAMESPACE = "{http://subsonic.org/restapi}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@define
class App:
    """
    An app of one person.

    :ivar credentials: sent with every call.  :ivar authorization: the same in a header; empty: none.
    """

    served: Served
    credentials: dict[str, str]
    authorization: str = ""

    def with_header(self, authorization: str) -> App:
        """The same app, which sends this header, too."""
        return App(self.served, self.credentials, authorization)

    async def raw(
        self, name: str, /, *, method: str = "GET", headers: dict[str, str] | None = None, **asked: Any
    ) -> Answer:
        """What is answered, as it is."""
        query = urlencode({**self.credentials, **asked}, doseq=True)
        if self.authorization:
            headers = {"Authorization": self.authorization, **(headers or {})}
        if method == "POST":
            return await self.served.ask("POST", f"/rest/{name}", FORM | (headers or {}), query.encode())
        return await self.served.ask(method, f"/rest/{name}?{query}", headers)

    async def envelope(self, name: str, /, *, method: str = "GET", **asked: Any) -> dict[str, Any]:
        """What stands in the envelope, whether it went well or not."""
        answer = await self.raw(name, method=method, f="json", **asked)
        told: dict[str, Any] = answer.json["subsonic-response"]
        return told

    async def ask(self, name: str, /, **asked: Any) -> dict[str, Any]:
        """The envelope of a call that must go well."""
        told = await self.envelope(name, **asked)
        assert told["status"] == "ok", told
        return told

    async def error(self, name: str, /, **asked: Any) -> int:
        """The code of a call that must fail."""
        told = await self.envelope(name, **asked)
        assert told["status"] == "failed", told
        code: int = told["error"]["code"]
        return code

    async def xml(self, name: str, /, **asked: Any) -> ElementTree.Element:
        """The root of the answer in XML, without namespaces."""
        answer = await self.raw(name, **asked)
        assert answer.header("Content-Type") == "text/xml; charset=utf-8", answer
        root = ElementTree.fromstring(answer.body)
        for element in root.iter():
            element.tag = element.tag.removeprefix(NAMESPACE)
        return root


def by_token(name: str, secret: str = SECRET, salt: str = "c19b2d") -> dict[str, str]:
    """The credentials that most apps send."""
    token = hashlib.md5((secret + salt).encode()).hexdigest()
    return {"u": name, "t": token, "s": salt, "v": "1.16.1", "c": "Test"}


class SubsonicCase(PodCase):
    """People with apps."""

    async def app(self, name: str, secret: str = SECRET) -> App:
        """An app of somebody with an account; who has none gets one."""
        known = await self.value("SELECT count(*) FROM account WHERE username = %s", name)
        if not known:
            await self.a_viewer(name)
        await self.set_secret(name, secret)
        return App(self.served, by_token(name, secret))

    async def a_library_of(self, name: str, level: str = "everyone") -> int:
        """A library of somebody who has an account."""
        actor = await self.value("SELECT actor_id FROM account WHERE username = %s", name)
        library = await self.a_library(actor, level, f"{name}'s {level}")
        await self.changed("libraries")
        return library

    async def set_secret(self, name: str, secret: str) -> None:
        """Give somebody a Subsonic password."""
        account = await self.value("SELECT id FROM account WHERE username = %s", name)
        sealed = self.parts.subsonic_seal.sealed(account, secret)
        await self.do("UPDATE account SET subsonic_password = %s WHERE id = %s", sealed, account)
