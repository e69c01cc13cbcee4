"""Instance settings are kept, told to every process, and never half changed."""

from __future__ import annotations

from twisted.internet.task import Clock

from fwtwisted.core.pod.instance import Instance
from fwtwisted.core.pod.preferences import Preferences
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.preferences import BANNER, DEFAULTS
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.v1.instance import About
from tests.database import DatabaseCase


class PreferencesCase(DatabaseCase):
    """A process with its preferences, whose rings arrive when a clock moves."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.bell_clock = Clock()  # rings arrive when it moves
        self.bell = MemoryBell(self.bell_clock)
        self.preferences = Preferences(self.database, self.bell, self.clock)


class PreferencesTests(PreferencesCase):
    """The preferences of one process."""

    async def test_defaults(self) -> None:
        """An empty table means the defaults."""
        self.assertEqual(DEFAULTS, await self.preferences.values())
        self.assertFalse(await self.preferences.is_open())

    async def test_changes_are_kept(self) -> None:
        """And seen at once by whoever made them, later by the others."""
        other = Preferences(self.database, self.bell, self.clock)
        await other.values()
        changed = await self.preferences.change(
            {"instance__name": "Pod", "common__api_authentication_required": False, "moderation__languages": ["de"]}
        )
        self.assertEqual("instance__name", changed[0].identifier)
        self.assertTrue(await self.preferences.is_open())
        self.assertEqual(["de"], await self.preferences.value("moderation__languages"))
        self.assertEqual("", await other.value("instance__name"))
        self.clock.advance(5)
        self.assertEqual("Pod", await other.value("instance__name"))
        await self.preferences.change({"instance__name": "Pod 2"})
        self.assertEqual("Pod 2", await self.preferences.value("instance__name"))
        self.bell_clock.advance(0)
        self.assertEqual("Pod 2", await other.value("instance__name"))
        other.close()

    async def test_all_or_nothing(self) -> None:
        """What is wrong with any of them is told, and nothing is changed."""
        with self.assertRaises(Invalid) as caught:
            await self.preferences.change({"instance__name": "Pod", "users__upload_quota": "x", "no__such": 1})
        self.assertEqual({"users__upload_quota", "no__such"}, set(caught.exception.problems))
        self.assertEqual({"value": ["A valid integer is required."]}, caught.exception.problems["users__upload_quota"])
        self.assertEqual(0, await self.value("SELECT count(*) FROM preference"))

    async def test_one(self) -> None:
        """A single one is named in the path, so its problem is its own."""
        await self.preferences.change_one("users__upload_quota", 5)
        self.assertEqual(5, await self.preferences.value("users__upload_quota"))
        with self.assertRaises(Invalid) as caught:
            await self.preferences.change_one("users__upload_quota", None)
        self.assertEqual({"value"}, set(caught.exception.problems))
        with self.assertRaises(NotFound):
            await self.preferences.change_one("no__such", 1)

    async def test_odd_rows(self) -> None:
        """Rows of other releases are passed over."""
        await self.do(
            "INSERT INTO preference (identifier, value) VALUES ('x__y', '1'), ('subsonic__enabled', '\"perhaps\"'),"
            " ('instance__banner', '\"dynamic_preferences/a.png\"')"
        )
        values = await self.preferences.values()
        self.assertTrue(values["subsonic__enabled"])
        self.assertEqual("dynamic_preferences/a.png", values[BANNER])

    async def test_a_banner_that_goes_takes_its_file_along(self) -> None:
        """The stored file is doomed in the same transaction."""
        await self.do("INSERT INTO preference (identifier, value) VALUES (%s, '\"dynamic_preferences/a.png\"')", BANNER)
        await self.preferences.change({BANNER: None})
        self.assertIsNone(await self.preferences.value(BANNER))
        self.assertEqual("dynamic_preferences/a.png", await self.value("SELECT name FROM doomed_file"))


class InstanceTests(PreferencesCase):
    """The pod's answers about itself."""

    def setUp(self) -> None:
        super().setUp()
        pod = About("https://pod.example", "https://pod.example/media/", "1", ("mp3",))
        self.instance = Instance(self.database, self.clock, pod, self.preferences.values)

    async def test_ready_bytes(self) -> None:
        """The same bytes until something changes."""
        first = await self.instance.nodeinfo_2_0()
        self.assertIs(first, await self.instance.nodeinfo_2_0())
        await self.preferences.change({"instance__name": "Pod"})
        self.assertIn(b'"nodeName":"Pod"', await self.instance.nodeinfo_2_0())
        self.assertIn(b'"nodeName":"Pod"', await self.instance.nodeinfo_2_1())
        self.assertIn(b'"value":"Pod"', await self.instance.public_settings())
        self.assertIn(b'"short_name":"Pod"', await self.instance.manifest())

    async def test_counters(self) -> None:
        """Counted from what is there, and again after ten minutes."""
        self.assertIn(b'"artists":{"total":0}', await self.instance.nodeinfo_2_0())
        actor = await self.an_actor("bob")
        await self.do(
            "INSERT INTO artist (fid, name, attributed_to_id)"
            " VALUES ('https://x/1', 'A', %s), ('https://x/2', 'B', NULL)",
            actor,
        )
        self.assertIn(b'"artists":{"total":0}', await self.instance.nodeinfo_2_0())
        self.clock.advance(600)
        self.assertIn(b'"artists":{"total":2}', await self.instance.nodeinfo_2_0())
        self.assertIn(b'"local":{"artists":1', await self.instance.nodeinfo_2_1())

    async def test_what_the_public_does_not_see(self) -> None:
        """Administrators see more."""
        public = await self.instance.public_settings()
        self.assertNotIn(b"common__api_authentication_required", public)
        identifiers = [told["identifier"] for told in await self.instance.all_settings()]
        self.assertIn("common__api_authentication_required", identifiers)
