"""Tags that all tracks of an album or an artist share."""

from __future__ import annotations

from datetime import UTC, datetime

from fwtwisted.core.music.common_tags import CommonTags, CommonTagsSettings, next_thursday
from fwtwisted.db.areas import versions
from fwtwisted.db.jobs import Job
from fwtwisted.model.music import Kind
from tests.music import BASE, MusicCase

ELSEWHERE = "https://far.example/federation/music/albums/1"


class CommonTagsTests(MusicCase):
    """Albums with tracks and their tags."""

    def setUp(self) -> None:
        super().setUp()
        self.common = CommonTags(self.database, CommonTagsSettings(f"{BASE}/"))

    async def an_album_with(self, *tracks: tuple[str, ...], **columns: str) -> tuple[int, int]:
        """An album and its artist; each track has these tags."""
        artist = await self.an_artist("Nova")
        album = await self.an_album("Harbour", artist, **columns)
        for number, tags in enumerate(tracks):
            await self.tag("track", await self.a_track(f"Track {number}", artist, album), *tags)
        return album, artist

    async def tags(self, kind: Kind, id: int) -> list[str]:
        """The tags of an album or artist."""
        found: list[str] = await self.value(
            f"SELECT coalesce(array_agg(name ORDER BY name), '{{}}') FROM tag WHERE id IN"
            f" (SELECT tag_id FROM {kind.value}_tag WHERE {kind.value}_id = %s)",
            id,
        )
        return found

    async def version(self) -> int:
        return (await self.database.read(versions))["catalog"]

    async def test_what_all_tracks_share(self) -> None:
        """No more and no less, for albums and for artists; a second time changes nothing."""
        album, artist = await self.an_album_with(("Rock", "Live"), ("Rock", "Loud", "Live"), ("Live", "Rock"))
        await self.tag("track", await self.a_track("Single", artist), "Rock")
        before = await self.version()
        self.assertEqual(2, await self.common.give(Kind.ALBUM))
        self.assertEqual(1, await self.common.give(Kind.ARTIST))
        self.assertEqual(["Live", "Rock"], await self.tags(Kind.ALBUM, album))
        self.assertEqual(["Rock"], await self.tags(Kind.ARTIST, artist))
        self.assertEqual(before + 2, await self.version())
        self.assertEqual(0, await self.common.give(Kind.ALBUM) + await self.common.give(Kind.ARTIST))
        self.assertEqual(before + 2, await self.version())

    async def test_who_is_left_alone(self) -> None:
        """What has a tag already, what is at home elsewhere, what has no tracks, and what shares none."""
        tagged, _ = await self.an_album_with(("Rock",))
        await self.tag("album", tagged, "Jazz")
        far, _ = await self.an_album_with(("Rock",), fid=ELSEWHERE)
        empty, _ = await self.an_album_with()
        mixed, _ = await self.an_album_with(("Rock",), ("Jazz",), ())
        self.assertEqual(0, await self.common.give(Kind.ALBUM))
        found = [await self.tags(Kind.ALBUM, album) for album in (tagged, far, empty, mixed)]
        self.assertEqual([["Jazz"], [], [], []], found)

    async def test_many(self) -> None:
        """A few at a time, those that share nothing among them."""
        common = CommonTags(self.database, CommonTagsSettings(f"{BASE}/", at_once=2))
        several = [await self.an_album_with(("Rock",) if number % 3 else ()) for number in range(7)]
        self.assertEqual(4, await common.give(Kind.ALBUM))
        for number, (album, _) in enumerate(several):
            self.assertEqual(["Rock"] if number % 3 else [], await self.tags(Kind.ALBUM, album))

    async def test_the_settings(self) -> None:
        """What is switched off has no beat, and a job that was asked for before does nothing."""
        album, artist = await self.an_album_with(("Rock",))
        common = CommonTags(self.database, CommonTagsSettings(f"{BASE}/", albums=False))
        self.assertEqual({"tags.artist"}, set(common.schedules()))
        for name, kind in common.jobs().items():
            await kind.run(Job(1, name, None, {}, 1, 0, 1, datetime(2026, 1, 1, tzinfo=UTC)))
        self.assertEqual([[], ["Rock"]], [await self.tags(Kind.ALBUM, album), await self.tags(Kind.ARTIST, artist)])

    def test_thursdays(self) -> None:
        """At four o'clock, UTC."""
        for moment, due in (
            ((2026, 11, 18, 23, 0), (2026, 11, 19, 4, 0)),
            ((2026, 11, 19, 3, 59), (2026, 11, 19, 4, 0)),
            ((2026, 11, 19, 4, 0), (2026, 11, 26, 4, 0)),
            ((2026, 12, 31, 12, 0), (2027, 1, 7, 4, 0)),
        ):
            self.assertEqual(datetime(*due, tzinfo=UTC), next_thursday(datetime(*moment, tzinfo=UTC)))
