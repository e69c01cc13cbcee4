"""The pod about itself, as clients ask."""

from __future__ import annotations

import os
from typing import Any

import orjson
from twisted.internet.task import Clock

from fwtwisted.core.pod.banner import Banners
from fwtwisted.core.pod.instance import Instance
from fwtwisted.core.pod.preferences import Preferences
from fwtwisted.model.people import ALL_SCOPES, Viewer
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.images import Images, ImageSettings
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.outside.spool import Spool
from fwtwisted.web.callers import Callers, Cookies, CsrfGuard, Identities
from fwtwisted.web.intake import IntakeSettings
from fwtwisted.web.v1.instance import InstanceDesk
from fwtwisted.wire.v1.instance import About
from tests.database import DatabaseCase
from tests.threads import pooled
from tests.web.serving import Answer, encoded_form, serve

ADMIN = Viewer(account_id=1, actor_id=1, username="ann", is_local=True, scopes=ALL_SCOPES)
MEMBER = Viewer(account_id=2, actor_id=2, username="bob", is_local=True, scopes=frozenset({"read:libraries"}))


async def _by_token(token: str) -> Viewer | None:
    return {"admin": ADMIN, "member": MEMBER}.get(token)


async def _nobody(*_: object) -> None:
    return None


class InstanceCase(DatabaseCase):
    """A served pod."""

    async def served(self) -> None:
        """Serve it."""
        clock = Clock()
        self.preferences = Preferences(self.database, MemoryBell(clock), clock)
        pod = About("https://pod.example", "https://pod.example/media/", "1", ("mp3",))
        instance = Instance(self.database, clock, pod, self.preferences.values)
        callers = Callers(
            Identities(_by_token, _nobody, _nobody, _nobody),
            self.preferences.is_open,
            CsrfGuard(secure=True, hosts=frozenset({"pod.example"})),
        )
        folder, threads = os.path.abspath(self.mktemp()), pooled(self)
        blobs, spool = LocalBlobs(f"{folder}/media", threads), Spool(f"{folder}/spool", threads)
        banners = Banners(self.database, blobs, Images(threads, ImageSettings()))
        about, cookies = (instance, self.preferences), Cookies(secure=True)
        desk = InstanceDesk(*about, banners, callers, cookies, spool.open, threads, IntakeSettings())
        self.site = await serve(self, desk.mounts())

    async def ask(self, method: str, path: str, document: Any = None, token: str = "") -> Answer:
        """Ask, with JSON and a token if given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = b""
        if document is not None:
            headers["Content-Type"], body = "application/json", orjson.dumps(document)
        return await self.site.ask(method, path, headers, body)


class PublicTests(InstanceCase):
    """What everybody may ask."""

    async def test_nodeinfo(self) -> None:
        """Both versions, with their type and the token for writes; with and without a slash."""
        await self.served()
        for path, version in (("/api/v1/instance/nodeinfo/2.0", "2.0"), ("/api/v2/instance/nodeinfo/2.1/", "2.1")):
            said = await self.ask("GET", path)
            self.assertEqual(200, said.status)
            self.assertEqual(
                f"application/json; profile=http://nodeinfo.diaspora.software/ns/schema/{version}#; charset=utf-8",
                said.header("Content-Type"),
            )
            self.assertEqual(version, orjson.loads(said.body)["version"])
            self.assertIn("csrftoken", said.cookies)

    async def test_well_known(self) -> None:
        """Other pods find nodeinfo from here."""
        await self.served()
        said = await self.ask("GET", "/.well-known/nodeinfo")
        self.assertEqual(3, len(said.json["links"]))
        self.assertEqual(404, (await self.ask("GET", "/.well-known/host-meta")).status)

    async def test_settings(self) -> None:
        """An array of public preferences."""
        await self.served()
        said = await self.ask("GET", "/api/v1/instance/settings/")
        self.assertIn("instance__name", [setting["identifier"] for setting in said.json])

    async def test_manifest(self) -> None:
        """In its own type."""
        await self.served()
        said = await self.ask("GET", "/api/v1/instance/spa-manifest.json")
        self.assertEqual("application/manifest+json", said.header("Content-Type"))
        self.assertEqual("Funkwhale", orjson.loads(said.body)["name"])


class AdminTests(InstanceCase):
    """What administrators may do, and nobody else."""

    LIST = "/api/v1/instance/admin/settings/"
    ONE = "/api/v1/instance/admin/settings/instance__name"
    BULK = "/api/v1/instance/admin/settings/bulk/"

    async def test_who_may(self) -> None:
        """Visitors are asked to sign in, others refused."""
        await self.served()
        for method, path in (("GET", self.LIST), ("GET", self.ONE), ("PUT", self.ONE), ("POST", self.BULK)):
            self.assertEqual(401, (await self.ask(method, path, {"value": "x"})).status)
            self.assertEqual(403, (await self.ask(method, path, {"value": "x"}, "member")).status)
        self.assertEqual("", await self.preferences.value("instance__name"))

    async def test_one(self) -> None:
        """Read and set by name."""
        await self.served()
        self.assertEqual("", (await self.ask("GET", self.ONE, token="admin")).json["value"])
        for method in ("PUT", "PATCH"):
            said = await self.ask(method, self.ONE, {"value": method}, "admin")
            self.assertEqual((200, method), (said.status, said.json["value"]))
        said = await self.ask("PUT", self.ONE, {"value": 5}, "admin")
        self.assertEqual((400, {"value": ["Not a valid string."]}), (said.status, said.json))
        said = await self.ask("PUT", self.ONE, {}, "admin")
        self.assertEqual((400, {"value": ["This field is required."]}), (said.status, said.json))
        for method in ("GET", "PUT"):
            self.assertEqual(404, (await self.ask(method, f"{self.LIST}no__such/", {"value": 1}, "admin")).status)

    async def test_bulk(self) -> None:
        """Several at once; what is wrong is told under its name."""
        await self.served()
        said = await self.ask("POST", self.BULK, {"instance__name": "Pod", "ui__custom_css": "a{}"}, "admin")
        self.assertEqual(200, said.status)
        self.assertEqual(["Pod", "a{}"], [setting["value"] for setting in said.json])
        said = await self.ask("POST", self.BULK, {"users__upload_quota": "x", "no__such": 1}, "admin")
        self.assertEqual(400, said.status)
        self.assertEqual({"value": ["A valid integer is required."]}, said.json["users__upload_quota"])
        self.assertIn("no__such", said.json)
        wrong: list[Any] = [
            [],
            "x",
            {"instance__name": {"a": 1}},
            {"moderation__signup_form_customization": {"fields": 1}},
        ]
        for document in wrong:
            self.assertEqual(400, (await self.ask("POST", self.BULK, document, "admin")).status)

    async def test_forms(self) -> None:
        """The same as multipart; a file is refused with words."""
        await self.served()
        headers = {"Authorization": "Bearer admin", "Content-Type": "multipart/form-data; boundary=xx"}
        fields = encoded_form(b"xx", ("instance__name", None, b"Pod"), ("subsonic__enabled", None, b"false"))
        said = await self.site.ask("POST", self.BULK, headers, fields)
        self.assertEqual(["Pod", False], [setting["value"] for setting in said.json])
        said = await self.site.ask("POST", self.BULK, headers, encoded_form(b"xx", ("instance__name", "a.png", b"x")))
        self.assertEqual((400, {"detail": "No file is expected here."}), (said.status, said.json))
