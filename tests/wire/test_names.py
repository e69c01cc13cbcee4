"""Names of stored files."""

from __future__ import annotations

import re
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.ascii import in_ascii
from fwtwisted.wire.names import (
    ATTACHMENTS,
    PUBLIC_ROOTS,
    REMOTE_TRACKS,
    TRACKS,
    TRANSCODED,
    file_part,
    is_name,
    is_public,
    rendition_name,
    stored_name,
)

UUID_ = UUID("0a1b2c3d-4e5f-4a6b-8c7d-000000000000")
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


class StoredNameTests(SynchronousTestCase):
    """How names are made."""

    def test_folders_of_the_uuid(self) -> None:
        """Root, three folders from the first six digits, the file."""
        self.assertEqual("tracks/0a/1b/2c/song.mp3", stored_name(TRACKS, UUID_, "Song.MP3"))

    def test_any_script(self) -> None:
        """Every script is spelled, spaces become dashes, what is left over falls away."""
        for filename, expected in (
            ("집으로 가는 길.mp3", "jibeuro-ganeun-gil.mp3"),
            ("éàe*$i$.ogg", "eaei.ogg"),
            ("e\u0301te\u0301.ogg", "ete.ogg"),
            ("Подмосковные вечера.flac", "podmoskovnye-vechera.flac"),
            ("Ζορμπάς.opus", "zormpas.opus"),
            ("さくら.m4a", "sakura.m4a"),
            ("東京.mp3", "dong-jing.mp3"),
            ("Straße.mp3", "strasse.mp3"),
            ("½ & ½.mp3", "12--12.mp3"),
        ):
            self.assertEqual(expected, file_part(filename))

    def test_nothing_left(self) -> None:
        """What has no letter left is called ``file``, and keeps its suffix."""
        for filename, expected in (
            ("", "file"), ("...", "file"), ("★.mp3", "file.mp3"), (".mp3", "file.mp3"), ("/", "file"),
            ("\x00", "file"), ("..", "file"), ("🎵", "file"),
        ):  # fmt: skip
            self.assertEqual(expected, file_part(filename), filename)

    def test_no_way_out(self) -> None:
        """Folders in an upload's name, of either kind, are not kept."""
        for filename in ("../../etc/passwd", "C:\\music\\passwd", "a\x00/passwd", "../passwd"):
            self.assertEqual("passwd", file_part(filename))
        self.assertEqual("a.b", file_part("..a..b.."))

    def test_long_ones(self) -> None:
        """A long name is cut before its suffix."""
        self.assertEqual("a" * 196 + ".mp3", file_part("a" * 500 + ".mp3"))
        self.assertEqual(200, len(file_part("a." + "b" * 500)))

    @given(ANY_TEXT)
    @example("a.b-" + "c" * 300)
    @example("x" * 195 + "." * 9 + "mp3")
    @example("\ud800")
    def test_any_text(self, filename: str) -> None:
        """Any text makes a good name, short enough under every root; made again it stays the same."""
        part = file_part(filename)
        self.assertTrue(re.fullmatch(r"(?!\.)[a-z0-9._-]{1,200}", part), part)
        self.assertNotIn("..", part)
        self.assertEqual(part, file_part(part))
        for root in (TRACKS, REMOTE_TRACKS, TRANSCODED, ATTACHMENTS):
            name = stored_name(root, UUID_, filename)
            self.assertTrue(is_name(name))
            self.assertLessEqual(len(name), 255)
        self.assertTrue(is_public(rendition_name(stored_name(ATTACHMENTS, UUID_, filename), 600, 95)))

    @given(ANY_TEXT)
    def test_any_text_in_ascii(self, text: str) -> None:
        """Any text is spelled, half surrogates and all."""
        self.assertTrue(in_ascii(text).isascii())


class RenditionNameTests(SynchronousTestCase):
    """Names of smaller images."""

    def test_quality_where_it_matters(self) -> None:
        """JPEG and WebP tell their quality, PNG has none."""
        for original, expected in (
            ("attachments/0a/1b/2c/cover.jpg", "__sized__/attachments/0a/1b/2c/cover-crop-c0-5__0-5-200x200-95.jpg"),
            ("attachments/a b.webp", "__sized__/attachments/ab-crop-c0-5__0-5-200x200-95.webp"),
            ("attachments/a.png", "__sized__/attachments/a-crop-c0-5__0-5-200x200.png"),
        ):
            self.assertEqual(expected, rendition_name(original, 200, 95))


class WhoMayReadTests(SynchronousTestCase):
    """What a name's root tells."""

    def test_public_roots(self) -> None:
        """Covers, their renditions, banners and avatars are for everybody."""
        for root in PUBLIC_ROOTS:
            self.assertTrue(is_public(root + "/a.jpg"))

    def test_the_rest_is_private(self) -> None:
        """Audio, the unheard-of, and whatever tries to look public is not."""
        for name in (
            "tracks/a", "transcoded/a", "federation_cache/tracks/a", "imports/a", "users/a", "attachments",
            "attachmentsx/a", "/attachments/a", "attachments/../tracks/a", "attachments//a", "attachments/.a", "",
            "Attachments/a", "attachments/a\\b", "attachments/\0",
        ):  # fmt: skip
            self.assertFalse(is_public(name), name)
