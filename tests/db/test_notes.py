"""What an account thinks and hears moves its ``notes``, whoever writes (``schema/0014_subsonic.sql``)."""

from __future__ import annotations

from fwtwisted.model.people import Viewer
from tests.music import MusicCase


class NotesTests(MusicCase):
    """One listener, one track."""

    async def some_music(self) -> None:
        self.viewer: Viewer = await self.a_viewer("nadia")
        artist = await self.an_artist("Nova Kestrel")
        self.album = await self.an_album("Slow Harbour", artist)
        self.track = await self.a_track("First Light", artist, self.album)

    async def notes(self) -> int:
        number: int = await self.value("SELECT notes FROM account WHERE id = %s", self.viewer.account_id)
        return number

    async def test_listenings_are_counted(self) -> None:
        """The count and the last time follow every listening, also several at once, and one that is taken back."""
        await self.some_music()
        actor = self.viewer.actor_id
        before = await self.notes()
        hear = "INSERT INTO listening (actor_id, track_id, creation_date) VALUES (%s, %s, %s), (%s, %s, %s)"
        await self.do(hear, actor, self.track, "2026-03-02T10:00Z", actor, self.track, "2026-03-01T10:00Z")
        await self.do(
            "INSERT INTO listening (actor_id, track_id, creation_date) VALUES (%s, %s, '2026-01-01')", actor, self.track
        )
        count = "SELECT count || ' ' || (last_played AT TIME ZONE 'UTC') FROM play"
        self.assertEqual("3 2026-03-02 10:00:00", await self.value(count))
        self.assertEqual(before + 2, await self.notes())
        await self.do("DELETE FROM listening WHERE creation_date < '2026-02-01'")
        self.assertEqual(2, await self.value("SELECT count FROM play"))
        await self.do("DELETE FROM listening")
        self.assertEqual(0, await self.value("SELECT count(*) FROM play"))

    async def test_opinions(self) -> None:
        """Stars, ratings, favourites and bookmarks each move it, coming, changing and going."""
        await self.some_music()
        account, actor = self.viewer.account_id, self.viewer.actor_id
        for sql, args in (
            ("INSERT INTO star (account_id, album_id) VALUES (%s, %s)", (account, self.album)),
            ("INSERT INTO rating (account_id, track_id, rating) VALUES (%s, %s, 4)", (account, self.track)),
            ("UPDATE rating SET rating = 5", ()),
            ("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", (actor, self.track)),
            ("INSERT INTO bookmark (account_id, track_id, position) VALUES (%s, %s, 1)", (account, self.track)),
            ("DELETE FROM star", ()),
            ("DELETE FROM favorite", ()),
        ):
            before = await self.notes()
            await self.do(sql, *args)
            self.assertEqual(before + 1, await self.notes(), sql)

    async def test_a_track_goes(self) -> None:
        """With everything that was said about it."""
        await self.some_music()
        await self.do("INSERT INTO listening (actor_id, track_id) VALUES (%s, %s)", self.viewer.actor_id, self.track)
        await self.do("DELETE FROM track")
        self.assertEqual(0, await self.value("SELECT count(*) FROM play"))
