"""Artists that somebody does not want to meet: docs/api.md §4.17."""

from __future__ import annotations

from uuid import uuid4

from tests.rest.pod import API, PodCase

PLACE = "moderation/content-filters/"


class ContentFilterTests(PodCase):
    """Alice hides artists."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.library = await self.library_of(self.alice)
        await self.an_album_of(self.library, "Nova")
        await self.an_album_of(self.library, "Vega")
        self.nova = await self.value("SELECT id FROM artist WHERE name = 'Nova'")
        self.vega = await self.value("SELECT id FROM artist WHERE name = 'Vega'")

    async def hidden(self, artist: int) -> str:
        """Hide an artist from alice; the uuid."""
        said = await self.alice.post(PLACE, {"target": {"type": "artist", "id": artist}})
        self.assertEqual(201, said.status, said)
        uuid: str = said.json["uuid"]
        return uuid

    async def test_hiding_and_showing_again(self) -> None:
        """The artist goes from her lists at once and from nobody else's, and comes back."""
        said = await self.alice.post(PLACE, {"target": {"type": "artist", "id": self.nova, "more": 1}})
        self.assertEqual(201, said.status, said)
        self.assertEqual({"type": "artist", "id": self.nova, "name": "Nova"}, said.json["target"])
        self.assertRegex(said.json["creation_date"], "Z$")
        self.assertEqual({"uuid", "target", "creation_date"}, set(said.json))
        uuid = said.json["uuid"]
        self.assertEqual(said.json, (await self.alice.get(f"{PLACE}{uuid}/")).json)
        bob = await self.person("bob")
        for kind, (mine, his) in {"artists": (1, 2), "albums": (1, 2), "tracks": (3, 6)}.items():
            self.assertEqual(mine, (await self.alice.get(f"{kind}/")).json["count"], kind)
            self.assertEqual(his, (await self.alice.get(f"{kind}/?hidden=")).json["count"], kind)
            self.assertEqual(his, (await self.alice.get(f"{kind}/?hidden=nonsense")).json["count"], kind)
            self.assertEqual(his - mine, (await self.alice.get(f"{kind}/?hidden=true")).json["count"], kind)
            self.assertEqual(his, (await bob.get(f"{kind}/")).json["count"], kind)
        self.assertEqual(200, (await self.alice.get(f"artists/{self.nova}/")).status)
        self.assertEqual(204, (await self.alice.delete(f"{PLACE}{uuid}/")).status)
        self.assertEqual(404, (await self.alice.get(f"{PLACE}{uuid}/")).status)
        self.assertEqual(2, (await self.alice.get("artists/")).json["count"])

    async def test_what_cannot_be_hidden(self) -> None:
        """Other things than artists, unknown ones, and the same one twice."""
        for target in (
            None,
            "Nova",
            {},
            {"type": "album", "id": 1},
            {"type": "artist"},
            {"type": "artist", "id": "x"},
            {"type": "artist", "id": 999_999},
            {"type": "artist", "id": 2**64 - 1},
        ):
            said = await self.alice.post(PLACE, {"target": target})
            self.assertEqual((400, ["target"]), (said.status, list(said.json)), target)
        self.assertEqual(400, (await self.alice.post(PLACE, {})).status)
        await self.hidden(self.nova)
        said = await self.alice.post(PLACE, {"target": {"type": "artist", "id": self.nova}})
        self.assertEqual((400, ["detail"]), (said.status, list(said.json)))

    async def test_the_list(self) -> None:
        """Newest first, in pages; with a page size larger than ours, as the web app asks."""
        await self.hidden(self.nova)
        await self.hidden(self.vega)
        said = (await self.alice.get(PLACE, page_size=100)).json
        self.assertEqual(["Vega", "Nova"], [one["target"]["name"] for one in said["results"]])
        said = (await self.alice.get(PLACE, page_size=1, ordering="creation_date")).json
        self.assertEqual(["Nova"], [one["target"]["name"] for one in said["results"]])
        self.assertEqual(f"{API}{PLACE}?ordering=creation_date&page=2&page_size=1", said["next"])

    async def test_whose_they_are(self) -> None:
        """Nobody sees or removes another's; visitors and programs without the scope are sent away."""
        uuid = await self.hidden(self.nova)
        bob = await self.person("bob")
        self.assertEqual(0, (await bob.get(PLACE)).json["count"])
        self.assertEqual(404, (await bob.get(f"{PLACE}{uuid}/")).status)
        self.assertEqual(404, (await bob.delete(f"{PLACE}{uuid}/")).status)
        self.assertEqual(404, (await bob.get(f"{PLACE}{uuid4()}/")).status)
        await self.open_up()
        self.assertEqual(401, (await self.visitor().get(PLACE)).status)
        program = await self.program(self.alice, "read:filters")
        self.assertEqual(1, (await program.get(PLACE)).json["count"])
        self.assertEqual(403, (await program.delete(f"{PLACE}{uuid}/")).status)
        stranger = await self.program(self.alice, "read:libraries")
        self.assertEqual(403, (await stranger.get(PLACE)).status)
