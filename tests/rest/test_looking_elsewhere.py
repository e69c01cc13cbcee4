"""Looking things up on another server over the wire: signed, and kept.  docs/federation.md §5.1, §5.4."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fwtwisted.core.people.keys import new_keys
from fwtwisted.model.music import Kind
from tests.foreign import (
    CHANNEL,
    LIBRARY,
    POD,
    Document,
    create,
    episode,
    funkwhale_actor,
    funkwhale_channel,
    library,
    page,
    track,
    upload,
)
from tests.hostile import FarEnd, ok
from tests.rest.pod import PodCase

ACTIVITY = "application/activity+json"
FETCHES = "federation/fetches/"


class LookingElsewhereTests(PodCase):
    """A pod, and another server that gives documents."""

    environment: Mapping[str, str] = {"FEDERATION_ALLOW_PRIVATE": "127.0.0.1", "EXTERNAL_REQUESTS_TIMEOUT": "2"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.far = await FarEnd.on(self)
        self.nora = await self.person("nora")
        keys = new_keys()
        await self.do(
            "UPDATE actor SET private_key = %s, public_key = %s, key_id = fid || '#main-key' WHERE id = %s",
            keys.private, keys.public, self.nora.viewer.actor_id,
        )  # fmt: skip
        for document in (funkwhale_actor(), library(), track(), upload(), funkwhale_channel()):
            self.give(document)

    def give(self, document: Document) -> None:
        """Have the far end give a document at its id, with its own address for :data:`POD`'s."""
        body = json.dumps(document).replace(POD, self.far.url("")).encode()
        self.far.says(document["id"].removeprefix(POD), ok(body, ACTIVITY))

    def there(self, id: str) -> str:
        """An id as the far end has it."""
        return id.replace(POD, self.far.url(""))

    async def found(self, id: str) -> Document:
        """What comes of a look-up that goes well."""
        made: Document = (await self.nora.post(FETCHES, {"object": self.there(id)})).json
        self.assertEqual(("finished", {}), (made["status"], made["detail"]))
        kept: Document = made["object"]
        return kept

    async def test_things(self) -> None:
        """A track, a file with its library, a person: each is found."""
        self.assertEqual("track", (await self.found(track()["id"]))["type"])
        self.assertEqual("upload", (await self.found(upload()["id"]))["type"])
        self.assertEqual("library", (await self.found(LIBRARY))["type"])
        [held] = (await self.nora.get("tracks/", playable="true")).json["results"]
        self.assertEqual(self.there(track()["id"]), held["fid"])

    async def test_signed(self) -> None:
        """Who asked signs, and asks for a document of the fediverse and nothing else."""
        await self.found(LIBRARY)
        [head] = [one for one in self.far.heads if "/music/libraries/" in one]
        lines = dict(line.partition(": ")[::2] for line in head.splitlines()[1:])
        self.assertEqual(ACTIVITY, lines["Accept"])
        self.assertIn('keyId="https://pod.example/federation/actors/nora#main-key"', lines["Signature"])

    async def test_page(self) -> None:
        """The address of a page leads to what it shows."""
        html = f'<html><link rel="alternate" type="{ACTIVITY}" href="{self.there(track()["id"])}">'
        self.far.says("/library/tracks/12", ok(html.encode(), "text/html; charset=utf-8"))
        self.assertEqual("track", (await self.found(f"{POD}/library/tracks/12"))["type"])

    async def test_channel(self) -> None:
        """A channel brings what it published."""
        box = f"{CHANNEL}/outbox"
        self.give({"type": "OrderedCollection", "id": box, "first": f"{box}/1"})
        self.give({**page(create(episode(1)), fid=box), "id": f"{box}/1"})
        self.assertEqual("channel", (await self.found(CHANNEL))["type"])
        held = (await self.nora.get("tracks/", include_channels="true")).json["results"]
        self.assertEqual(["Episode 1"], [one["title"] for one in held])

    async def test_seen_again(self) -> None:
        """Who looks at something after days sees what its server says now; where it says nothing, what it said."""
        document = json.loads(json.dumps(track(name="Old")).replace(POD, self.far.url("")))
        id = await self.parts.fediverse.remote.objects.take_music(Kind.TRACK, document, document["id"])
        path, title = f"tracks/{id}/", "title"
        self.assertEqual("Old", (await self.nora.get(path, refresh="true")).json[title])
        await self.do("UPDATE track SET last_fetch_date = now() - interval '4 days'")
        self.assertEqual("Old", (await self.nora.get(path)).json[title])
        self.assertEqual("Track 1", (await self.nora.get(path, refresh="true")).json[title])
        self.far.says(track()["id"].removeprefix(POD), ok(b"", status="500 Broken"))
        await self.do("UPDATE track SET last_fetch_date = now() - interval '4 days'")
        self.assertEqual("Track 1", (await self.nora.get(path, refresh="true")).json[title])

    async def test_broken(self) -> None:
        """What is no document is told in the words of the contract."""
        for path, answer, code in (
            ("/a", ok(b"{", ACTIVITY), "invalid_json"),
            ("/b", ok(b"{}", "application/json"), "invalid_json"),
            ("/c", ok(b'{"@graph": []}', ACTIVITY), "invalid_jsonld"),
            ("/d", ok(b"{}", ACTIVITY), "missing_jsonld_type"),
            ("/e", ok(b'{"type": "Track"}', ACTIVITY), "validation"),
            ("/f", ok(b"", status="403 No"), "http"),
        ):
            self.far.says(path, answer)
            made = (await self.nora.post(FETCHES, {"object": self.far.url(path)})).json
            self.assertEqual(("errored", code), (made["status"], made["detail"]["error_code"]), path)
