"""
The whole server in the test's process: real parts, real faces, a database of its own, on a loopback port.

::

    class ThingsTests(PodCase):
        async def test_things_are_listed(self) -> None:
            alice = await self.person("alice")
            said = await alice.get("things/")
            self.assertEqual(200, said.status)

Paths without a slash in front are below ``/api/v1/``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import UUID

import orjson
from attrs import evolve
from twisted.internet import reactor

from fwtwisted.config import parts as settings
from fwtwisted.config import read_config
from fwtwisted.faces import Faces
from fwtwisted.ground import Ground
from fwtwisted.model.accounts import SignUp
from fwtwisted.model.people import Account, Viewer
from fwtwisted.parts import Parts
from tests.audio import make
from tests.database import HOME
from tests.music import MusicCase
from tests.web.serving import Answer, Served, encoded_form, serve

URL = f"https://{HOME}"
API = f"{URL}/api/v1/"
CSRF = "c" * 32
PASSWORD = "correct horse 41"
OPENNESS = "common__api_authentication_required"
FORM = "application/x-www-form-urlencoded"


class Client:
    """
    One caller: keeps cookies, repeats the CSRF token, sends what it is told.

    :ivar headers: sent with everything.  :ivar viewer: whom the session belongs to.
    """

    viewer: Viewer

    def __init__(self, served: Served) -> None:
        self._served = served
        self.cookies: dict[str, str] = {"csrftoken": CSRF}
        self.headers: dict[str, str] = {}

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask; cookies that are set are kept, those that are taken are gone."""
        told = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        if "csrftoken" in self.cookies:
            told |= {"X-CSRFToken": self.cookies["csrftoken"], "Referer": f"{URL}/"}
        if kind:
            told["Content-Type"] = kind
        path = path.removeprefix(URL)
        place = path if path.startswith("/") else f"/api/v1/{path}"
        said = await self._served.ask(method, place, told | self.headers | dict(headers or {}), body)
        for name, rest in said.cookies.items():
            value = rest.partition(";")[0]
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return said

    async def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """Ask for a page, with a query if there are further arguments (lists repeat a name)."""
        return await self.ask("GET", with_query(path, **query), headers=headers)

    async def head(self, path: str, **query: Any) -> Answer:
        return await self.ask("HEAD", with_query(path, **query))

    async def send(self, method: str, path: str, document: Any = None) -> Answer:
        """Send a JSON document, or nothing."""
        if document is None:
            return await self.ask(method, path)
        return await self.ask(method, path, orjson.dumps(document), "application/json")

    async def post(self, path: str, document: Any = None) -> Answer:
        return await self.send("POST", path, document)

    async def delete(self, path: str, document: Any = None) -> Answer:
        return await self.send("DELETE", path, document)

    async def form(self, path: str, **fields: str) -> Answer:
        """Post an urlencoded form."""
        return await self.ask("POST", path, urlencode(fields).encode(), FORM)

    async def parts(self, path: str, *parts: tuple[str, str | None, bytes]) -> Answer:
        """Post a multipart form of parts: name, filename (None for a field), content."""
        body = encoded_form(b"limit", *parts)
        return await self.ask("POST", path, body, "multipart/form-data; boundary=limit")


def with_query(path: str, **query: Any) -> str:
    """The path with a query; lists repeat a name."""
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def query_of(url: str) -> list[tuple[str, str]]:
    """The parameters of a URL, in order."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


class PodCase(MusicCase):
    """A pod that nobody has an account on yet."""

    environment: Mapping[str, str] = {}

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        folder = os.path.abspath(self.mktemp())
        socket, _, name = self.dsn.removeprefix("host=").partition(" ")
        name = name.rpartition("dbname=")[2]
        told = {
            "FUNKWHALE_HOSTNAME": HOME,
            "FUNKWHALE_PROTOCOL": "https",
            "DJANGO_SECRET_KEY": "known to nobody",
            "DATABASE_URL": f"postgresql://fwtwisted@{quote(socket, safe='')}/{name}",
            "DATABASE_CONNECTIONS": "2",
        }
        self.config = read_config(told | dict(self.environment), data=folder, folder=folder).config
        self.ground = Ground(reactor, self.config)
        self.addCleanup(self.ground.fall)
        await self.ground.rise(server=True)
        self.parts = Parts(self.ground)
        self.addCleanup(self.parts.close)
        await self.parts.begin()
        faces = Faces(self.ground, self.parts, {}, lambda: 0.0, lambda: False)
        self.mounts = faces.mounts()
        site = evolve(settings.site_settings(self.config), access_log=False)
        self.served = await serve(self, self.mounts, site)

    # --- callers ---------------------------------------------------------------------------------

    def visitor(self) -> Client:
        """Somebody without an account."""
        return Client(self.served)

    async def person(self, name: str = "alice", **columns: Any) -> Client:
        """Somebody with an account and a session; columns of their account."""
        client = self.visitor()
        viewer = await self.a_viewer(name)
        for column, value in columns.items():
            await self.do(f"UPDATE account SET {column} = %s WHERE id = %s", value, viewer.account_id)
        assert viewer.account_id is not None
        client.cookies["sessionid"] = (await self.parts.signin.open_session(viewer.account_id)).key
        client.viewer = viewer
        return client

    async def account(self, name: str = "alice", **wishes: Any) -> Account:
        """An account that can log in with :data:`PASSWORD`."""
        return await self.parts.accounts.create(SignUp(name, f"{name}@mail.example", PASSWORD, **wishes))

    async def program(self, owner: Client, scopes: str) -> Client:
        """A program that acts for somebody with the token of an application."""
        made = await owner.post("oauth/apps/", {"name": "Program", "scopes": scopes, "redirect_uris": ""})
        self.assertEqual(201, made.status, made)
        return self.bearing(made.json["token"])

    def bearing(self, token: str) -> Client:
        """A program with a token."""
        client = self.visitor()
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    async def open_up(self) -> None:
        """Let visitors read."""
        await self.parts.preferences.change_one(OPENNESS, False)

    # --- music -----------------------------------------------------------------------------------

    async def library_of(self, owner: Client, level: str = "everyone") -> int:
        """A library's id."""
        assert owner.viewer.actor_id is not None
        made = await self.a_library(owner.viewer.actor_id, level)
        await self.changed("libraries")
        return made

    async def an_album_of(self, library: int, artist: str = "Nova", title: str = "Tides", tracks: int = 3) -> list[int]:
        """An artist with an album of playable tracks; the tracks' ids."""
        artist_id = await self.an_artist(artist)
        album_id = await self.an_album(title, artist_id, release_date="2021-03-04")
        ids = []
        for number in range(1, tracks + 1):
            track = await self.a_track(f"{title} {number}", artist_id, album_id, position=number, disc_number=1)
            await self.an_upload(library, track)
            ids.append(track)
        await self.changed()
        return ids

    async def a_file(self, library: int, track: int, kind: str = "flac") -> bytes:
        """A stored file that can be heard, for a track; its bytes."""
        path = make(os.path.abspath(self.mktemp()), kind, title="First Light", artist="Nova Kestrel")
        body = path.read_bytes()
        name = f"tracks/aa/bb/{track}.{kind}"
        await self.ground.blobs.put(name, body)
        await self.an_upload(
            library, track, audio_file=name, mimetype=f"audio/{kind}", size=len(body), bitrate=700_000,
            checksum=f"sha256:{hashlib.sha256(body).hexdigest()}",
        )  # fmt: skip
        await self.changed()
        return body

    async def track_uuid(self, track: int) -> UUID:
        """The uuid that a track is listened to by."""
        found: UUID = await self.value("SELECT uuid FROM track WHERE id = %s", track)
        return found
