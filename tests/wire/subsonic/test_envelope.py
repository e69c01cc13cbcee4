"""The envelope in its three formats (docs/subsonic.md §4)."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import orjson
from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.subsonic.envelope import NAMESPACE, Format, Server, written

SERVER = Server("fwtwisted", "1.2.3", "1.4.0")


def read(body: bytes) -> ElementTree.Element:
    """The root, with the namespace taken off every name."""
    root = ElementTree.fromstring(body)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    return root


def xml(payload: dict[str, Any]) -> ElementTree.Element:
    return read(written(SERVER.ok(payload), Format.XML))


class HeadTests(SynchronousTestCase):
    """Rules 20 and 21."""

    def test_the_head_in_order(self) -> None:
        """Every answer begins with the same fields."""
        answer = orjson.loads(written(SERVER.ok({"license": {"valid": True}}), Format.JSON))["subsonic-response"]
        self.assertEqual(
            ["status", "version", "type", "serverVersion", "openSubsonic", "funkwhaleVersion", "license"], list(answer)
        )
        self.assertIs(True, answer["openSubsonic"])

    def test_errors_have_it_too(self) -> None:
        """An error tells code and words, and a page where there is one."""
        answer = orjson.loads(written(SERVER.failed(40, "no", "https://pod.example/help"), Format.JSON))
        told = answer["subsonic-response"]
        self.assertEqual({"code": 40, "message": "no", "helpUrl": "https://pod.example/help"}, told["error"])
        self.assertEqual("failed", told["status"])
        element = read(written(SERVER.failed(70, "gone"), Format.XML)).find("error")
        assert element is not None
        self.assertEqual({"code": "70", "message": "gone"}, element.attrib)


class XmlTests(SynchronousTestCase):
    """Rules 26 and 27."""

    def test_scalars_are_attributes(self) -> None:
        """Truths are in lower case, numbers as they are."""
        (song,) = xml({"song": {"id": "tr-1", "isDir": False, "size": 5, "duration": 0}})
        self.assertEqual({"id": "tr-1", "isDir": "false", "size": "5", "duration": "0"}, song.attrib)

    def test_lists_repeat_their_name(self) -> None:
        """An empty list leaves nothing, an empty object an empty element."""
        root = xml({"starred2": {"artist": [], "album": [], "song": []}})
        self.assertEqual([("starred2", {}, [])], [(e.tag, e.attrib, list(e)) for e in root])
        root = xml({"albumList2": {"album": [{"id": "al-1"}, {"id": "al-2"}]}})
        self.assertEqual(["al-1", "al-2"], [album.get("id") for album in root.iter("album")])

    def test_lists_of_words_are_elements_with_text(self) -> None:
        """``isrc``, ``versions`` and their like."""
        root = xml(
            {"openSubsonicExtensions": [{"name": "songLyrics", "versions": [1, 2]}, {"name": "a", "versions": []}]}
        )
        first, second = root.findall("openSubsonicExtensions")
        self.assertEqual(["1", "2"], [version.text for version in first])
        self.assertEqual([], list(second))

    def test_what_is_spelt_out(self) -> None:
        """Artist and album information has elements where others have attributes."""
        root = xml({"artistInfo2": {"biography": "a <b>", "similarArtist": [{"id": "ar-2", "name": "x"}]}})
        self.assertEqual("a <b>", root.findtext("artistInfo2/biography"))
        similar = root.find("artistInfo2/similarArtist")
        assert similar is not None
        self.assertEqual("ar-2", similar.get("id"))

    def test_values_that_are_text(self) -> None:
        """A genre's value is its text; a cue line's, which has children, is an attribute."""
        root = xml({"genres": {"genre": [{"value": "Jazz & more", "songCount": 2}]}})
        genre = root.find("genres/genre")
        assert genre is not None
        self.assertEqual(("Jazz & more", {"songCount": "2"}), (genre.text, genre.attrib))
        root = xml({"lyricsList": {"cueLine": [{"value": "la la", "index": 0, "cue": [{"value": "la", "start": 1}]}]}})
        line, cue = root.find("lyricsList/cueLine"), root.find("lyricsList/cueLine/cue")
        assert line is not None and cue is not None
        self.assertEqual(("la la", "la"), (line.get("value"), cue.text))

    def test_agents_have_a_name_of_their_own(self) -> None:
        """The one list that does not lend its name."""
        root = xml({"lyricsList": {"agents": [{"id": "v1", "role": "main"}]}})
        self.assertIsNotNone(root.find("lyricsList/agent"))

    def test_a_bad_character_spoils_nothing(self) -> None:
        """What XML forbids is dropped, what it would change is escaped."""
        (song,) = xml({"song": {"title": 'a\x00b\x0bc\ufffed "x" <&>\t\n\r'}})
        self.assertEqual('abcd "x" <&>\t\n\r', song.get("title"))

    @given(some.text())
    def test_any_text_can_be_read_back(self, text: str) -> None:
        """Whatever a name holds, the answer is well-formed and the rest of the name arrives."""
        (song,) = xml({"song": {"title": text}})
        kept = "".join(c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff"))
        kept = kept.replace("\ufffe", "").replace("\uffff", "")
        self.assertEqual(kept, song.get("title"))


class JsonpTests(SynchronousTestCase):
    """§4.3."""

    def test_a_call_of_the_function(self) -> None:
        """What would end a line in a script is escaped."""
        body = written(SERVER.ok({"song": {"title": "a\u2028b\u2029"}}), Format.JSONP, "app.got")
        self.assertTrue(body.startswith(b'app.got({"subsonic-response":') and body.endswith(b"})"))
        self.assertIn(b"a\\u2028b\\u2029", body)
