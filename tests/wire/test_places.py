"""Which object a page of the web app is about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.shown import Place, Sort
from fwtwisted.wire.places import place_at, place_of

UUID = "0a1b2c3d-0000-4000-8000-00000000abcd"


class PlaceTests(SynchronousTestCase):
    """``place_of`` and ``place_at``."""

    def test_pages_of_objects(self) -> None:
        """The routes of the web app, and those of our own page; with and without a slash at the end."""
        for path, place in {
            "/library/tracks/7": Place(Sort.TRACK, "7"),
            "/tracks/7": Place(Sort.TRACK, "7"),
            "/library/albums/7": Place(Sort.ALBUM, "7"),
            "/library/artists/7": Place(Sort.ARTIST, "7"),
            "/library/playlists/7": Place(Sort.PLAYLIST, "7"),
            f"/library/{UUID}": Place(Sort.LIBRARY, UUID),
            f"/channels/{UUID.upper()}": Place(Sort.CHANNEL, UUID.upper()),
            "/channels/talks": Place(Sort.CHANNEL, "talks"),
            "/channels/talks@pod.example:8000": Place(Sort.CHANNEL, "talks@pod.example:8000"),
            "/@alice": Place(Sort.PERSON, "alice"),
            "/@alice@pod.example": Place(Sort.PERSON, "alice@pod.example"),
        }.items():
            self.assertEqual((place, place), (place_of(path), place_of(f"{path}/")), path)

    def test_other_pages(self) -> None:
        """Lists, editors, the rest."""
        for path in (
            "", "/", "/library", "/library/tracks", "/library/tracks/x", "/library/tracks/7/edit",
            "/library/tracks/7//",
            "/channels", "/channels/a b", "/@", "/@a/b", "/library/tracks/\u0667", "/x/library/tracks/7",
            "/library/radios/7", "/library/tracks/7\n", "/library/tracks/" + "1" * 19,
        ):  # fmt: skip
            self.assertIsNone(place_of(path), path)

    def test_addresses(self) -> None:
        """Ours, by any of our names; whatever follows the path does not matter."""
        for url, hosts, is_ours in (
            ("https://pod.example/library/tracks/7?x#y", {"pod.example"}, True),
            ("http://POD.example:80/library/tracks/7", {"pod.example"}, True),
            ("https://a.pod.example/library/tracks/7", {".pod.example"}, True),
            ("https://other.example/library/tracks/7", {"*"}, True),
            ("https://other.example/library/tracks/7", {"pod.example"}, False),
            ("https://evilpod.example/library/tracks/7", {".pod.example"}, False),
            ("https://pod.example@other.example/library/tracks/7", {"pod.example"}, False),
            ("javascript://pod.example/library/tracks/7", {"pod.example"}, False),
            ("/library/tracks/7", {"pod.example"}, False),
            ("https://[/library/tracks/7", {"pod.example"}, False),
        ):
            self.assertEqual(Place(Sort.TRACK, "7") if is_ours else None, place_at(url, hosts), url)

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """An answer, never an exception."""
        place_of(text)
        place_at(text, {"*"})
        place_at(f"https://pod.example/{text}", {"*"})
