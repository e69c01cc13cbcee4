"""The table of docs/api.md §4.8, line by line, and §4.10: what finds what, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.rest.pod import Client, PodCase, with_query

Cases = tuple[tuple[str, str], ...]


class MusicListCase(PodCase):
    """Two artists with music, one without, and a podcast; alice owns it all."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.bob = await self.person("bob")
        self.library = await self.library_of(self.alice)
        self.nova = await self.an_artist("Nova Kestrel", mbid=uuid4(), modification_date="2026-01-01")
        self.ros = await self.an_artist("sigur rós", modification_date="2026-02-01")
        self.mute = await self.an_artist("Mute", content_category="other", modification_date="2026-03-01")
        self.talk = await self.an_artist("Talk", content_category="podcast", modification_date="2026-04-01")
        self.harbour = await self.an_album("Slow Harbour", self.nova, mbid=uuid4(), release_date="2021-03-04")
        self.takk = await self.an_album("Takk", self.ros, release_date="2005-09-12")
        self.season = await self.an_album("Season", self.talk)
        self.light = await self.a_track(
            "First Light", self.nova, self.harbour, mbid=uuid4(), position=2, disc_number=1, license="cc-by-4.0"
        )
        self.dark = await self.a_track("dark", self.nova, self.harbour, position=1, disc_number=2)
        self.hopp = await self.a_track("Hoppípolla", self.ros, self.takk, position=3, disc_number=1)
        self.pilot = await self.a_track("Pilot", self.talk, self.season)
        for track, size in ((self.light, 30), (self.hopp, 10)):
            await self.an_upload(self.library, track, size=size)
        await self.tag("track", self.light, "Ambient", "Rock")
        await self.tag("track", self.hopp, "Ambient", "Rock", "Ice")
        await self.tag("track", self.dark, "rock")
        for kind, one, other in (("artist", self.nova, self.ros), ("album", self.harbour, self.takk)):
            await self.tag(kind, one, "Ambient", "Calm")
            await self.tag(kind, other, "Ambient")
        await self.a_channel()
        await self.changed("catalog", "libraries")

    async def a_channel(self) -> None:
        """Talk speaks through a channel of alice's."""
        held = await self.a_library(self.alice.viewer.actor_id or 0, "everyone", "episodes")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", held)
        self.channel = await self.value(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)"
            " RETURNING uuid",
            self.talk, held, await self.an_actor("talk"), self.alice.viewer.actor_id,
        )  # fmt: skip
        await self.an_upload(held, self.pilot, size=20)

    async def names(self, place: str, who: Client | None = None) -> str:
        """Names or titles found, short, in order."""
        said = await (who or self.alice).get(place.replace(" ", "+"))
        self.assertEqual(200, said.status, (place, said))
        self.assertEqual(said.json["count"], len(said.json["results"]))
        return " ".join((one.get("title") or one["name"]).split()[0] for one in said.json["results"])

    async def check(self, kind: str, cases: Cases) -> None:
        for query, names in cases:
            self.assertEqual(names, await self.names(f"{kind}?{query}"), query)

    async def mbid(self, kind: str, id: int) -> str:
        return str(await self.value(f"SELECT mbid FROM {kind} WHERE id = %s", id))

    async def library_uuid(self) -> str:
        return str(await self.value("SELECT uuid FROM library WHERE id = %s", self.library))


class FilterTests(MusicListCase):
    """Every filter, on every list that has it."""

    async def test_artists(self) -> None:
        """Newest id first unless asked otherwise."""
        await self.check("artists", (
            ("", "Mute sigur Nova"),
            ("include_channels=true", "Talk Mute sigur Nova"),
            ("include_channels=nonsense", "Mute sigur Nova"),
            ("q=kes nov", "Nova"), ("q=ROS", "sigur"), ("q=%22ros+%7C+NOVA%22", "sigur Nova"), ("q=light", ""),
            ("q=%22r%C3%B3s%22", "sigur"),
            ("playable=true", "sigur Nova"), ("playable=false", "Mute"),
            (f"library={await self.library_uuid()}", "sigur Nova"), (f"library={uuid4()}", ""),
            ("tag=ambient", "sigur Nova"), ("tag=Ambient&tag=calm", "Nova"), ("tag=Ambient&tag=ambient", "sigur Nova"),
            ("tag=none", ""), ("tag=", "Mute sigur Nova"),
            (f"related={self.nova}", "sigur"), ("related=999", ""),
            (f"mbid={await self.mbid('artist', self.nova)}", "Nova"), (f"mbid={uuid4()}", ""),
            ("content_category=other", "Mute"), ("content_category=podcast&include_channels=true", "Talk"),
            ("content_category=", "Mute sigur Nova"), ("content_category=x", ""),
            ("name=Nova Kestrel", "Nova"), ("name=nova kestrel", ""), ("name__iexact=nova kestrel", "Nova"),
            ("name__startswith=Nov", "Nova"), ("name__startswith=nov", ""), ("name__icontains=UR R", "sigur"),
            ("has_albums=true", "sigur Nova"), ("has_albums=false", "Mute"),
            ("album=999&title=x&license=x", "Mute sigur Nova"),
            ("ordering=name", "Mute Nova sigur"), ("ordering=-name", "sigur Nova Mute"),
            ("ordering=id", "Nova sigur Mute"), ("ordering=modification_date", "Nova sigur Mute"),
            ("ordering=-content_category&ordering=name", "Mute Nova sigur"),
        ))  # fmt: skip

    async def test_albums(self) -> None:
        """Newest first unless asked otherwise."""
        await self.check("albums", (
            ("", "Takk Slow"), ("include_channels=true", "Season Takk Slow"),
            ("q=slow", "Slow"), ("q=nova", "Slow"), ("q=nova takk", ""), ("playable=true", "Takk Slow"),
            (f"artist={self.ros}", "Takk"), (f"artist={self.nova}&artist={self.ros}", "Takk"),
            (f"channel={self.channel}", "Season"), (f"channel={uuid4()}", ""), ("channel=nonsense", ""),
            (f"library={await self.library_uuid()}", "Takk Slow"), ("library=nonsense", ""),
            ("tag=Ambient&tag=Calm", "Slow"), (f"related={self.takk}", "Slow"), ("related=nonsense", ""),
            (f"mbid={await self.mbid('album', self.harbour)}", "Slow"),
            ("content_category=music", "Takk Slow"), ("content_category=podcast&include_channels=1", "Season"),
            ("ordering=title", "Slow Takk"), ("ordering=release_date", "Takk Slow"),
            ("ordering=-release_date", "Slow Takk"),
            ("ordering=-release_date&include_channels=true", "Slow Takk Season"),
            ("ordering=-artist__modification_date", "Takk Slow"),
        ))  # fmt: skip

    async def test_tracks(self) -> None:
        """Newest first unless asked otherwise."""
        await self.alice.post("favorites/tracks/", {"track": self.hopp})
        await self.check("tracks", (
            ("", "Hoppípolla dark First"), ("include_channels=true", "Pilot Hoppípolla dark First"),
            ("q=first", "First"), ("q=nova", "dark First"), ("q=takk hoppi", "Hoppípolla"),
            ("q=%22%21nova%22", "Hoppípolla dark First"),
            ("playable=true", "Hoppípolla First"), ("playable=false", "dark"),
            (f"artist={self.nova}", "dark First"), (f"album={self.takk}", "Hoppípolla"),
            (f"channel={self.channel}", "Pilot"), (f"library={await self.library_uuid()}", "Hoppípolla First"),
            ("license=cc-by-4.0", "First"), ("license=cc0-1.0", ""),
            (f"id={self.light}&id={self.hopp}&id=999", "Hoppípolla First"), ("id=", "Hoppípolla dark First"),
            ("title=dark", "dark"), ("title=Dark", ""), ("title__iexact=DARK", "dark"),
            ("title__startswith=Hopp", "Hoppípolla"), ("title__icontains=LIGHT", "First"),
            ("favorites=true", "Hoppípolla"), ("favorites=nonsense", "Hoppípolla dark First"),
            ("tag=ROCK&tag=ambient", "Hoppípolla First"), ("tag=rock&tag=ice", "Hoppípolla"),
            (f"related={self.light}", "Hoppípolla dark"), (f"related={self.light}&ordering=related", "dark Hoppípolla"),
            (f"related={self.light}&ordering=-related", "Hoppípolla dark"),
            (f"mbid={await self.mbid('track', self.light)}", "First"),
            ("ordering=title", "dark First Hoppípolla"), ("ordering=-title", "Hoppípolla First dark"),
            ("ordering=disc_number,position", "First Hoppípolla dark"),
            ("ordering=-disc_number,position", "dark First Hoppípolla"),
            ("ordering=album__title,disc_number", "First dark Hoppípolla"),
            ("ordering=album__release_date,disc_number", "Hoppípolla First dark"),
            ("ordering=artist__name,position", "dark First Hoppípolla"),
            ("ordering=-artist__modification_date,position", "Hoppípolla dark First"),
            ("ordering=-size", "First Hoppípolla dark"), ("ordering=size&playable=true", "Hoppípolla First"),
        ))  # fmt: skip
        self.assertEqual("", await self.names("tracks?favorites=true", self.bob))

    async def test_what_is_no_value(self) -> None:
        """400 at its field for what must be of a kind; details ignore every filter."""
        for place, field, value in (
            ("artists", "mbid", "x"), ("albums", "mbid", "x"), ("tracks", "mbid", "x"),
            ("tracks", "license", "CC-BY-4.0"), ("tracks", "id", "x"), ("tracks", "album", "x"),
            ("tracks", "artist", "999"), ("albums", "artist", "0x1"),
            ("artists", "ordering", "title"), ("albums", "ordering", "name"), ("tracks", "ordering", "title,x"),
        ):  # fmt: skip
            said = await self.alice.get(with_query(place, **{field: value}))
            self.assertEqual((400, [field]), (said.status, list(said.json)), (place, field))
        for place in (f"artists/{self.talk}", f"albums/{self.season}", f"tracks/{self.pilot}"):
            said = await self.alice.get(f"{place}?playable=x&hidden=true&mbid=x&refresh=true&ordering=x")
            self.assertEqual(200, said.status, said)
        for place in ("artists/x", "albums/-1", "tracks/1.5", "tracks/999", "albums/9999999999999999999"):
            self.assertEqual(404, (await self.alice.get(place)).status, place)

    async def test_random(self) -> None:
        """Each once on a page, the right count, and not always the same order."""
        seen = {await self.names("tracks?ordering=random") for _ in range(20)}
        self.assertEqual(1, len({frozenset(one.split()) for one in seen}))
        self.assertLess(1, len(seen))


class WordTests(MusicListCase):
    """§4.10."""

    async def search(self, query: str) -> Any:
        said = await self.alice.get(f"search?{query}")
        self.assertEqual(200, said.status, said)
        return {kind: [one.get("title") or one["name"] for one in found] for kind, found in said.json.items()}

    async def test_the_small_search(self) -> None:
        """All kinds at once, whatever can be played, the shortest names first, three of each."""
        self.assertEqual({"artists": [], "albums": [], "tracks": ["dark"], "tags": []}, await self.search("query=dark"))
        found = await self.search("q=talk")
        self.assertEqual((["Talk"], ["Season"], ["Pilot"]), (found["artists"], found["albums"], found["tracks"]))
        self.assertEqual(["Calm", "Ambient"], (await self.search("q=m"))["tags"][-2:])
        for number in range(5):
            await self.an_artist("Nova" + "x" * number)
        found = await self.search("q=nova")
        self.assertEqual(["Nova", "Novax", "Novaxx"], found["artists"])
        self.assertEqual(found, await self.search("query=nova"))
        self.assertEqual(found, await self.search("query=nova&q=talk"))
        self.assertEqual(found, (await self.search("q=talk&q=nova")))
        slashed = await self.alice.get("search/?q=nova")
        self.assertEqual(200, slashed.status)
        for query in ("", "q=", "query=%20", "q=%22%26%22"):
            said = await self.alice.get(f"search?{query}")
            self.assertEqual((400, ["detail"]), (said.status, list(said.json)), query)
        self.assertEqual({"artists": [], "albums": [], "tracks": [], "tags": []}, await self.search("q=!!"))

    async def test_tags(self) -> None:
        """Found by a part, by name or by beginning in any case; looked up in any case."""
        await self.check("tags", (
            ("", "Ambient Calm Ice Rock"), ("q=C", "Calm Ice Rock"), ("q=c&q=am", "Ambient"),
            ("name=rock", "Rock"), ("name=roc", ""), ("name__startswith=RO", "Rock"),
            ("ordering=-name", "Rock Ice Calm Ambient"), ("ordering=length", "Ice Rock Calm Ambient"),
            ("ordering=-length,name", "Ambient Calm Rock Ice"), ("ordering=creation_date", "Ambient Rock Ice Calm"),
        ))  # fmt: skip
        self.assertEqual("Rock", (await self.alice.get("tags/rOCK")).json["name"])
        self.assertEqual({"name", "creation_date"}, set((await self.alice.get("tags/rock/")).json))
        self.assertEqual(404, (await self.alice.get("tags/nothing/")).status)

    async def test_licences(self) -> None:
        """All on one page where that is asked, by code, with and without a slash."""
        said = (await self.alice.get("licenses?page_size=1000")).json
        self.assertEqual((said["count"], None), (len(said["results"]), said["next"]))
        self.assertGreater(said["count"], 300)
        self.assertEqual(said["count"], (await self.alice.get("licenses/?page_size=5000")).json["count"])
        fields = "id url code name redistribute derivative commercial attribution copyleft"
        self.assertEqual(set(fields.split()), set(said["results"][0]))
        for code in ("cc-by-sa-4.0", "cc0-1.0", "LAL-1.3"):
            for place in (f"licenses/{code}", f"licenses/{code}/"):
                self.assertEqual(code, (await self.alice.get(place)).json["code"])
        self.assertEqual(404, (await self.alice.get("licenses/mine")).status)

    async def test_whose_libraries(self) -> None:
        """The libraries of an object that the caller may see, in pages; channels' own never."""
        mine = await self.library_of(self.bob, "me")
        await self.an_upload(mine, self.light)
        await self.changed("catalog", "libraries")
        for place in (f"tracks/{self.light}", f"albums/{self.harbour}", f"artists/{self.nova}"):
            counts = [
                (await who.get(f"{place}/libraries/?page_size=6")).json["count"] for who in (self.alice, self.bob)
            ]
            self.assertEqual([1, 2], counts, place)
        self.assertEqual(0, (await self.alice.get(f"tracks/{self.pilot}/libraries")).json["count"])
        self.assertEqual(404, (await self.alice.get("tracks/999/libraries/")).status)
        found = (await self.bob.get(f"tracks/{self.light}/libraries/?page_size=1")).json
        self.assertIn("page=2", found["next"])
        self.assertEqual(
            "actor creation_date description fid follow latest_scan name privacy_level uploads_count uuid",
            " ".join(sorted(found["results"][0])),
        )
