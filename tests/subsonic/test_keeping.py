"""Play queues and bookmarks (docs/subsonic.md §8.11)."""

from __future__ import annotations

from tests.subsonic.test_noting import NotingCase


class QueueTests(NotingCase):
    """One queue for each, in two forms."""

    async def test_nothing_saved(self) -> None:
        """The element is there all the same."""
        app = await self.some_music()
        queue = (await app.ask("getPlayQueue"))["playQueue"]
        self.assertEqual(([], "nadia", ""), (queue["entry"], queue["username"], queue["changedBy"]))
        self.assertNotIn("current", queue)
        self.assertRegex(queue["changed"], r"^\d{4}-.*\.\d{3}Z$")
        self.assertEqual([], (await app.ask("getPlayQueueByIndex"))["playQueueByIndex"]["entry"])

    async def test_both_forms(self) -> None:
        """What is saved in one is read in the other; doubles and order stay."""
        app = await self.some_music()
        first, second, _ = (f"tr-{song}" for song in self.songs)
        await app.ask("savePlayQueue", id=[first, second, first], current=second, position=12_345)
        queue = (await app.ask("getPlayQueue"))["playQueue"]
        self.assertEqual([first, second, first], [song["id"] for song in queue["entry"]])
        self.assertEqual((second, 12_345, "Test"), (queue["current"], queue["position"], queue["changedBy"]))
        self.assertEqual(1, (await app.ask("getPlayQueueByIndex"))["playQueueByIndex"]["currentIndex"])
        await app.ask("savePlayQueueByIndex", id=[first, second, first], currentIndex=2)
        queue = (await app.ask("getPlayQueueByIndex"))["playQueueByIndex"]
        self.assertEqual((2, 0), (queue["currentIndex"], queue["position"]))
        self.assertEqual(first, (await app.ask("getPlayQueue"))["playQueue"]["current"])

    async def test_cleared(self) -> None:
        """Nothing at all clears it."""
        app = await self.some_music()
        for name, current in (
            ("savePlayQueue", {"current": self.songs[0]}),
            ("savePlayQueueByIndex", {"currentIndex": 0}),
        ):
            await app.ask(name, id=self.songs, **current)
            await app.ask(name)
            self.assertEqual([], (await app.ask("getPlayQueue"))["playQueue"]["entry"])

    async def test_what_cannot_be_saved(self) -> None:
        """A current song that is missing, or none of them, or not there; an index beyond the end."""
        app = await self.some_music()
        first, second, _ = self.songs
        self.assertEqual(10, await app.error("savePlayQueue", id=[first]))
        self.assertEqual(10, await app.error("savePlayQueue", current=first))
        self.assertEqual(10, await app.error("savePlayQueue", id=[first], current=second))
        self.assertEqual(10, await app.error("savePlayQueue", id=[first], current=first, position="late"))
        self.assertEqual(70, await app.error("savePlayQueue", id=[first, self.whisper], current=self.whisper))
        for index in (1, -1, "x", ""):
            self.assertEqual(10, await app.error("savePlayQueueByIndex", id=[first], currentIndex=index))
        self.assertEqual(10, await app.error("savePlayQueueByIndex", currentIndex=0))
        self.assertEqual(70, await app.error("savePlayQueueByIndex", id=[first, self.whisper], currentIndex=1))

    async def test_songs_that_are_not_there(self) -> None:
        """They are dropped, when saved and when read; the current one is always one of the rest."""
        app = await self.some_music()
        first, second, third = (f"tr-{song}" for song in self.songs)
        await app.ask("savePlayQueueByIndex", id=["tr-999999", first, self.whisper, second, third], currentIndex=3)
        queue = (await app.ask("getPlayQueueByIndex"))["playQueueByIndex"]
        self.assertEqual(([first, second, third], 1), ([song["id"] for song in queue["entry"]], queue["currentIndex"]))
        await self.do("DELETE FROM track WHERE id = %s", self.songs[1])
        await self.changed()
        queue = (await app.ask("getPlayQueue"))["playQueue"]
        self.assertEqual((third, 0), (queue["current"], queue["position"]))

    async def test_thousands(self) -> None:
        """Ten thousand songs, and not one more."""
        app = await self.some_music()
        many = [self.songs[0]] * 10_000
        await app.ask("savePlayQueueByIndex", method="POST", id=many, currentIndex=9_999)
        self.assertEqual(9_999, (await app.ask("getPlayQueueByIndex"))["playQueueByIndex"]["currentIndex"])
        told = await app.envelope("savePlayQueueByIndex", method="POST", id=[*many, self.songs[0]], currentIndex=0)
        self.assertEqual(0, told["error"]["code"])


class BookmarkTests(NotingCase):
    """Bookmarks."""

    async def test_bookmarks(self) -> None:
        """One for each song, moved by setting it again; the song tells it, too."""
        app = await self.some_music()
        await app.ask("createBookmark", id=self.songs[0], position=1_000, comment="here")
        (before,) = (await app.ask("getBookmarks"))["bookmarks"]["bookmark"]
        await app.ask("createBookmark", id=self.songs[0], position=62_000)
        (after,) = (await app.ask("getBookmarks"))["bookmarks"]["bookmark"]
        self.assertEqual((1_000, "here", "nadia"), (before["position"], before["comment"], before["username"]))
        self.assertEqual((62_000, "", before["created"]), (after["position"], after["comment"], after["created"]))
        self.assertGreater(after["changed"], before["changed"])
        self.assertEqual((f"tr-{self.songs[0]}", 62), (after["entry"]["id"], after["entry"]["bookmarkPosition"]))
        root = await app.xml("getBookmarks")
        self.assertEqual(f"tr-{self.songs[0]}", root[0][0][0].attrib["id"])
        await app.ask("deleteBookmark", id=self.songs[0])
        await app.ask("deleteBookmark", id=self.songs[0])
        self.assertEqual([], (await app.ask("getBookmarks"))["bookmarks"]["bookmark"])

    async def test_what_is_no_bookmark(self) -> None:
        """Without a place, in a song that is not there, with a novel for a comment."""
        app = await self.some_music()
        self.assertEqual(10, await app.error("createBookmark", id=self.songs[0]))
        self.assertEqual(10, await app.error("createBookmark", position=1))
        self.assertEqual(10, await app.error("createBookmark", id=self.songs[0], position=-1))
        self.assertEqual(10, await app.error("createBookmark", id=self.songs[0], position=1, comment="x" * 10_000))
        self.assertEqual(70, await app.error("createBookmark", id=self.whisper, position=1))
        self.assertEqual(70, await app.error("createBookmark", id="al-1", position=1))
        self.assertEqual(70, await app.error("deleteBookmark", id="nonsense"))

    async def test_own_ears_only(self) -> None:
        """Nobody sees the bookmarks of others, nor own ones in songs that they may not hear any more."""
        app, other = await self.some_music(), await self.app("omar")
        await app.ask("createBookmark", id=self.songs[0], position=1_000)
        self.assertEqual([], (await other.ask("getBookmarks"))["bookmarks"]["bookmark"])
        await self.do("DELETE FROM upload WHERE track_id = %s", self.songs[0])
        await self.changed()
        self.assertEqual([], (await app.ask("getBookmarks"))["bookmarks"]["bookmark"])
