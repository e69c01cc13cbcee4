"""Parameters and ids, as forgiving as apps need them (docs/subsonic.md §2 and §6)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Format
from fwtwisted.wire.subsonic.errors import Code, Refused
from fwtwisted.wire.subsonic.names import Name, Prefix, named, pictured

SOME_UUID = UUID("0e4c1d6a-0000-4000-8000-000000000001")


def asked(**values: str | list[str]) -> Asked:
    return Asked({name: [value] if isinstance(value, str) else value for name, value in values.items()})


class AskedTests(SynchronousTestCase):
    """Rules 4 to 11."""

    def test_query_before_body(self) -> None:
        """What came in both places is joined, and the first counts where one is wanted."""
        both = Asked.of([("id", "1"), ("u", "nadia")]).and_then([("id", "2"), ("id", "1")])
        self.assertEqual(["1", "2", "1"], both.many("id"))
        self.assertEqual("1", both.text("id"))

    def test_empty_counts_as_missing(self) -> None:
        """But one can still tell the difference."""
        self.assertIsNone(asked(genre="").text("genre"))
        self.assertEqual("", asked(query="").given("query"))
        with self.assertRaises(Refused) as refused:
            asked(genre="").needed("genre")
        self.assertIs(Code.MISSING_PARAMETER, refused.exception.code)
        self.assertRaises(Refused, asked(id=["", ""]).several, "id")

    def test_truths(self) -> None:
        """In every spelling that apps use."""
        for yes in ("true", "True", "1", "on", "YES", " true "):
            self.assertIs(True, asked(x=yes).truth("x", False), yes)
        for no in ("false", "False", "0", "off", "no"):
            self.assertIs(False, asked(x=no).truth("x", True), no)
        self.assertIs(True, asked(x="maybe").truth("x", True))

    def test_numbers(self) -> None:
        """Blanks are cut off, decimals too; nonsense and negatives are the default."""
        for text, number in ((" 12 ", 12), ("12.9", 12), ("+3", 3), ("-3", 7), ("x", 7), ("", 7), ("1e3", 7), ("٣", 7)):
            self.assertEqual(number, asked(size=text).number("size", 7), text)
        self.assertEqual((500, 0), (asked(size="9999").count("size", 10), asked(size="0").count("size", 10)))
        self.assertEqual(-3, asked(x="-3").needed_number("x"))
        self.assertRaises(Refused, asked(x="x").needed_number, "x")

    def test_fractions(self) -> None:
        """No infinities."""
        self.assertEqual(0.5, asked(gain="0.5").fraction("gain"))
        for nonsense in ("nan", "inf", "x", ""):
            self.assertIsNone(asked(gain=nonsense).fraction("gain"))

    def test_times(self) -> None:
        """Milliseconds since 1970; none for 0 and for what no date can name."""
        self.assertEqual(datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC), asked(time="1000000000000").moment("time"))
        for nothing in ("0", "-5", "x", "9" * 18):
            self.assertIsNone(asked(time=nothing).moment("time"))

    def test_formats(self) -> None:
        """What nobody knows is XML; only a plain name is called back."""
        self.assertIs(Format.JSON, asked(f="json").format)
        self.assertIs(Format.XML, asked(f="yaml").format)
        self.assertEqual("app.$got_1", asked(callback="app.$got_1").callback)
        for hostile in ("alert(1)", "1a", "", "a" * 200, "a\n", "ä"):
            self.assertIsNone(asked(callback=hostile).callback, hostile)


class NameTests(SynchronousTestCase):
    """Rules 36 to 39."""

    def test_there_and_back(self) -> None:
        """An id that we sent is understood."""
        for name in (Name(Prefix.TRACK, 12), Name(Prefix.CHANNEL, SOME_UUID), Name(Prefix.STATION, 3)):
            self.assertEqual(name, named(str(name)))

    def test_bare_ids(self) -> None:
        """Funkwhale's apps remember numbers, and uuids of channels."""
        self.assertEqual(Name(Prefix.ALBUM, 7), named("7", Prefix.ALBUM))
        self.assertEqual(Name(Prefix.CHANNEL, SOME_UUID), named(str(SOME_UUID), Prefix.CHANNEL))
        self.assertIsNone(named("7"))

    def test_nonsense(self) -> None:
        """What cannot be an id of ours is none."""
        for text in ("", "al-", "al-x", "xx-1", "al--1", "al-" + "9" * 30, "a" * 500, "pd-12", "al-٣", "al-1 "):
            self.assertIsNone(named(text, Prefix.TRACK), text)

    def test_pictures_carry_a_version(self) -> None:
        """Which says nothing about whose picture it is."""
        self.assertEqual(Name(Prefix.ALBUM, 4711), pictured("al-4711_6a3f"))
        self.assertEqual(Name(Prefix.ALBUM, 4711), pictured("al-4711"))
        self.assertIsNone(pictured("al-4711_../x"))
