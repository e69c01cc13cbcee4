"""``getCoverArt`` and ``getAvatar`` (docs/subsonic.md rules 39, 40 and 58)."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

from PIL import Image

from tests.audio import image
from tests.subsonic.pod import App, SubsonicCase


def size_of(body: bytes) -> tuple[int, int]:
    """Width and height of a picture."""
    with Image.open(BytesIO(body)) as picture:
        return picture.size


class PictureCase(SubsonicCase):
    """An album and an artist with pictures, heard by nadia alone."""

    async def a_picture(self, width: int = 400, height: int = 300) -> tuple[int, str, bytes]:
        """A stored one: key, hex of its uuid, bytes."""
        uuid, body = uuid4(), image(width, height, red=width % 256)
        name = f"attachments/aa/bb/{uuid}.png"
        await self.ground.blobs.put(name, body)
        id = await self.value(
            "INSERT INTO attachment (uuid, file, size, mimetype) VALUES (%s, %s, %s, 'image/png') RETURNING id",
            uuid, name, len(body),
        )  # fmt: skip
        return id, uuid.hex, body

    async def some_music(self) -> App:
        app = await self.app("nadia")
        library = await self.a_library_of("nadia", "me")
        cover, self.mark, self.cover = await self.a_picture()
        face, _, self.face = await self.a_picture(300, 200)
        self.nova = await self.an_artist("Nova")
        self.tides = await self.an_album("Tides", self.nova)
        self.bare = await self.an_album("Bare", self.nova)
        self.track = await self.a_track("Wave", self.nova, self.tides, position=1)
        self.other = await self.a_track("Plain", self.nova, self.bare, position=1)
        for track in (self.track, self.other):
            await self.an_upload(library, track)
        await self.do("UPDATE album SET cover_id = %s WHERE id = %s", cover, self.tides)
        await self.do("UPDATE artist SET cover_id = %s WHERE id = %s", face, self.nova)
        await self.do(
            "UPDATE actor SET icon_id = %s WHERE id = (SELECT actor_id FROM account WHERE username = 'nadia')", face
        )
        await self.changed("catalog", "libraries")
        return app


class PictureTests(PictureCase):
    """A pod as it comes."""

    async def test_as_they_are(self) -> None:
        """Of an album, a song, an artist, a playlist and a person; by GET, POST and HEAD."""
        app = await self.some_music()
        playlist = (await app.ask("createPlaylist", name="Mine", songId=[f"tr-{self.other}", f"tr-{self.track}"]))[
            "playlist"
        ]
        account = await self.value("SELECT id FROM account WHERE username = 'nadia'")
        for id, body in (
            (f"al-{self.tides}", self.cover), (f"tr-{self.track}", self.cover), (self.track, self.cover),
            (f"ar-{self.nova}", self.face), (f"al-{self.tides}_beef", self.cover), (playlist["id"], self.cover),
            (f"us-{account}", self.face), (f"at-{self.mark}", self.cover),
        ):  # fmt: skip
            for method in ("GET", "POST"):
                answer = await app.raw("getCoverArt", method=method, id=id)
                self.assertEqual(
                    (200, "image/png", body), (answer.status, answer.header("Content-Type"), answer.body), id
                )
        head = await app.raw("getCoverArt", method="HEAD", id=f"al-{self.tides}", size=100)
        self.assertEqual((200, b""), (head.status, head.body))
        self.assertEqual(self.face, (await app.raw("getAvatar", username="NADIA")).body)

    async def test_sizes(self) -> None:
        """The longest edge, never enlarged, the shape kept; nonsense is the nearest."""
        app = await self.some_music()
        for asked, size in ((100, (100, 75)), (400, (400, 300)), (999_999, (400, 300)), (0, (1, 1)), (-5, (1, 1))):
            answer = await app.raw("getCoverArt", id=f"al-{self.tides}", size=asked)
            self.assertEqual(size, size_of(answer.body), asked)
            self.assertEqual(str(len(answer.body)), answer.header("Content-Length"))
        self.assertEqual(self.cover, (await app.raw("getCoverArt", id=f"al-{self.tides}", size="x")).body)
        square = await app.raw("getCoverArt", id=f"al-{self.tides}", size=2000, square="true")
        self.assertEqual((300, 300), size_of(square.body))

    async def test_kept_by_apps(self) -> None:
        """A tag that is known is 304; with the present version in its id a picture is good for a year."""
        app = await self.some_music()
        sizes: list[dict[str, Any]] = [{}, {"size": 100}]
        for asked in sizes:
            answer = await app.raw("getCoverArt", id=f"al-{self.tides}", **asked)
            self.assertEqual("private, max-age=86400", answer.header("Cache-Control"))
            etag = answer.header("ETag") or ""
            again = await app.raw("getCoverArt", headers={"If-None-Match": etag}, id=f"al-{self.tides}", **asked)
            self.assertEqual((304, b""), (again.status, again.body))
        told = (await app.ask("getAlbum", id=f"al-{self.tides}"))["album"]["coverArt"]
        self.assertEqual(f"al-{self.tides}_{self.mark[:4]}", told)
        self.assertIn("immutable", (await app.raw("getCoverArt", id=told)).header("Cache-Control") or "")
        self.assertNotIn(
            "immutable", (await app.raw("getCoverArt", id=f"al-{self.tides}_0000")).header("Cache-Control") or ""
        )

    async def test_none(self) -> None:
        """70 for what has no picture, and for what one may not know of."""
        app = await self.some_music()
        for id in (
            f"al-{self.bare}",
            f"tr-{self.other}",
            "al-99999",
            "ir-1",
            "pl-1",
            f"at-{uuid4()}",
            "x",
            "al-1_zz",
            "us-999",
        ):
            self.assertEqual(70, await app.error("getCoverArt", id=id), id)
        self.assertEqual(10, await app.error("getCoverArt"))
        self.assertEqual(70, await app.error("getAvatar", username="nobody"))
        other = await self.app("omar")
        for id in (f"al-{self.tides}", f"tr-{self.track}", f"ar-{self.nova}"):
            self.assertEqual(70, await other.error("getCoverArt", id=id), id)
        self.assertEqual(70, await other.error("getAvatar", username="omar"))
        self.assertEqual(70, await app.error("getCaptions", id=f"tr-{self.track}"))
        self.assertEqual(10, await app.error("getCaptions"))

    async def test_of_another_server(self) -> None:
        """One that cannot be brought here is not there."""
        app = await self.some_music()
        await self.do("UPDATE attachment SET file = NULL, url = 'http://127.0.0.1:1/a.png' WHERE uuid = %s", self.mark)
        await self.changed("catalog")
        self.assertEqual(70, await app.error("getCoverArt", id=f"al-{self.tides}"))

    async def test_a_broken_one(self) -> None:
        """What is lost, or cannot be cut, is not there."""
        app = await self.some_music()
        name = await self.value("SELECT file FROM attachment WHERE uuid = %s", self.mark)
        await self.ground.blobs.delete(name)
        self.assertEqual(70, await app.error("getCoverArt", id=f"al-{self.tides}", size=50))
        self.assertEqual(70, await app.error("getCoverArt", id=f"al-{self.tides}"))
        await self.ground.blobs.put(name, b"no picture")
        self.assertEqual(70, await app.error("getCoverArt", id=f"al-{self.tides}", size=50))


class PlaceholderTests(PictureCase):
    """A pod that draws what has no picture."""

    environment = {"SUBSONIC_PLACEHOLDERS": "true"}

    async def test_drawn(self) -> None:
        """For what one may know of, no larger than asked for, always the same; what has a picture is shown as it is."""
        app = await self.some_music()
        await self.do("UPDATE account SET is_superuser = true WHERE username = 'nadia'")
        await app.ask("createInternetRadioStation", name="Waves", streamUrl="https://radio.example/s")
        [station] = (await app.ask("getInternetRadioStations"))["internetRadioStations"]["internetRadioStation"]
        playlist = (await app.ask("createPlaylist", name="Mine", songId=self.other))["playlist"]
        for id in (f"al-{self.bare}", f"tr-{self.other}", station["id"], playlist["id"]):
            answer = await app.raw("getCoverArt", id=id, size=120)
            self.assertEqual((200, "image/png"), (answer.status, answer.header("Content-Type")), id)
            self.assertEqual((100, 100), size_of(answer.body))
            self.assertEqual("private, max-age=300", answer.header("Cache-Control"))
            self.assertEqual(answer.body, (await app.raw("getCoverArt", id=id, size=120)).body)
        for size, edge in ((7, 7), (2000, 600), ("", 300)):
            self.assertEqual((edge, edge), size_of((await app.raw("getCoverArt", id=station["id"], size=size)).body))
        self.assertEqual(self.cover, (await app.raw("getCoverArt", id=f"al-{self.tides}")).body)
        self.assertNotIn("coverArt", (await app.ask("getAlbum", id=self.bare))["album"])

    async def test_not_drawn(self) -> None:
        """70 for what is not there, for what one may not know of, and for people."""
        app, other = await self.some_music(), await self.app("omar")
        for id in (
            "al-99999",
            "ir-1",
            "pl-1",
            "fo-1",
            "x",
            "us-999",
            f"pd-{uuid4()}",
            f"pe-{uuid4()}",
            f"at-{uuid4()}",
        ):
            self.assertEqual(70, await app.error("getCoverArt", id=id), id)
        for id in (f"al-{self.bare}", f"tr-{self.other}", f"ar-{self.nova}"):
            self.assertEqual(70, await other.error("getCoverArt", id=id), id)
        self.assertEqual(70, await other.error("getAvatar", username="omar"))
