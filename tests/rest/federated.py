"""What the tests of what other servers are shown stand on: docs/federation.md §2, §3, §7."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from fwtwisted.core.people.keys import new_keys
from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures.keys import private_key, signed
from fwtwisted.wire.signatures.outgoing import Order, headers
from fwtwisted.wire.targets import target
from tests.rest.pod import URL, Client, PodCase
from tests.web.serving import Answer

ACTIVITY = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
VARY = "Accept, Signature, Signature-Input"


KEYS: Final = new_keys()
PRIVATE: Final = private_key(KEYS.private)


def read(said: Answer) -> Any:
    """The document of an answer that went well."""
    assert (said.status, said.header("Content-Type")) == (200, ACTIVITY), said
    assert said.header("Vary") == VARY, said
    return orjson.loads(said.body)


class FederationCase(PodCase):
    """A pod, and a program that asks it as other servers do."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.peer = self.visitor()
        self.peer.cookies.clear()
        self.peer.headers["Accept"] = ACTIVITY

    async def document(self, path: str, **query: Any) -> Any:
        """What is at a place."""
        return read(await self.peer.get(path, **query))

    async def status(self, path: str, headers: dict[str, str] | None = None) -> int:
        return (await self.peer.get(path, headers)).status

    async def channel(self, owner: Client, name: str = "waves") -> dict[str, Any]:
        """A channel; its document in the REST face."""
        made = await owner.post(
            "channels/",
            {"name": "Waves", "username": name, "description": {"text": "The *sea*", "content_type": "text/markdown"},
             "tags": ["ocean", "sea"], "content_category": "music", "cover": None, "metadata": {}},
        )  # fmt: skip
        self.assertEqual(201, made.status, made)
        document: dict[str, Any] = made.json
        return document

    async def a_post(self, channel: dict[str, Any], title: str = "Pilot", **columns: Any) -> UUID:
        """Something that a channel published; the uuid of the upload."""
        library, artist = await self.value(
            "SELECT ARRAY[library_id, artist_id] FROM channel WHERE uuid = %s", UUID(channel["uuid"])
        )
        track = await self.a_track(title, artist)
        uuid = uuid4()
        await self.an_upload_named(uuid, library, track, **columns)
        return uuid

    async def an_upload_named(self, uuid: UUID, library: int, track: int, **columns: Any) -> None:
        """An upload whose id is of this uuid, as all are that we make."""
        made = await self.an_upload(library, track, fid=f"{URL}/federation/music/uploads/{uuid}", **columns)
        await self.do("UPDATE upload SET uuid = %s WHERE uuid = %s", uuid, made)
        await self.changed()

    async def a_shelf(self, owner: Client, level: str) -> dict[str, Any]:
        """A library; its document in the REST face."""
        made = await owner.post("libraries/", {"name": "Mine", "privacy_level": level, "description": "All of it"})
        self.assertEqual(201, made.status, made)
        document: dict[str, Any] = made.json
        return document

    async def a_reader(self, name: str = "far", domain: str = "far.example") -> int:
        """Somebody elsewhere whose key we know; their actor."""
        fid = f"https://{domain}/federation/actors/{name}"
        actor = await self.an_actor(name, domain)
        await self.do(
            "UPDATE actor SET public_key = %s, key_id = %s WHERE id = %s", KEYS.public, f"{fid}#main-key", actor
        )
        return actor

    async def signed(
        self, path: str, scheme: Scheme = Scheme.CAVAGE, who: str = "https://far.example/federation/actors/far"
    ) -> Answer:
        """Ask as they do."""
        place = target(path if path.startswith("http") else f"{URL}{path}")
        order = Order(f"{who}#main-key", "GET", place, None, scheme, time.time())
        return await self.peer.get(path, headers(order, lambda text: signed(PRIVATE, text)))
