"""What a file is filed as: tags made whole, the owner's words over them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.importing.filing import (
    Filing,
    FilingRules,
    Named,
    Refused,
    between,
    beyond_the_catalog,
    filed_as,
)
from fwtwisted.model.uploads import NOTHING_SAID, ImportMetadata
from fwtwisted.wire.audiotags import AudioFile, Credit, ReplayGain, Tags

TAGS = Tags(title="Low", artists=(Credit("Nina"),))


def a_file(**tags: Any) -> AudioFile:
    """A file with these tags."""
    return AudioFile("audio/mpeg", "mp3", 3, 128_000, 44_100, 2, None, evolve(TAGS, **tags), None, False)


def filing(said: ImportMetadata = NOTHING_SAID, rules: FilingRules | None = None, **tags: Any) -> Filing:
    """What it is filed as."""
    return filed_as(a_file(**tags), said, rules or FilingRules(), None)


class FilingTests(SynchronousTestCase):
    """From tags to a place."""

    def test_little_is_enough(self) -> None:
        """Title and artist; what belongs to no album is filed under an album that says so."""
        filed = filing()
        self.assertEqual(("Low", "[Unknown Album]", True), (filed.title, filed.album, filed.in_no_album))
        self.assertEqual((Named("Nina", None),), filed.album_artists)

    def test_too_little(self) -> None:
        """Without title or artist it is refused, with what there is."""
        error = self.assertRaises(Refused, filing, title=None, artists=(), album="Tides")
        self.assertEqual("invalid_metadata", error.code)
        self.assertEqual({"title", "artists"}, set(error.import_details["detail"]))
        self.assertEqual("Tides", error.import_details["file_metadata"]["album"]["title"])
        self.assertEqual("High", filing(ImportMetadata(title="High"), title=None).title)

    def test_album_artist(self) -> None:
        """The album is its own artist's, else the first of the track's."""
        duo = (Credit("Nina"), Credit("Otto"))
        self.assertEqual("Nina", filing(artists=duo).album_artists[0].name)
        self.assertEqual(1, len(filing(artists=duo).album_artists))
        self.assertEqual("All", filing(artists=duo, album_artists=(Credit("All"),)).album_artists[0].name)

    def test_words_between_artists(self) -> None:
        """The words as the file writes them; a comma where it does not."""
        duo = (Credit("Nina"), Credit("Otto"))
        self.assertEqual(" feat. ", filing(artists=duo, artists_text="Nina feat. Otto").artists[0].joinphrase)
        self.assertEqual(", ", filing(artists=duo, artists_text="Somebody else").artists[0].joinphrase)
        self.assertEqual([" & ", ", "], between(["A", "B", "C"], "a & b, c"))
        for text in ("", "A B", "xA & B", "A & B!", "B & A"):
            self.assertIn(between(["A", "B"], text), (None, [" "]), text)

    def test_licence(self) -> None:
        """By its address, in either tag; what the owner says wins."""
        address = "https://creativecommons.org/licenses/by/4.0/"
        self.assertEqual("cc-by-4.0", filing(license=address).license)
        self.assertEqual("cc-by-4.0", filing(copyright=f"2001 Nina, {address}").license)
        self.assertIsNone(filing(copyright="All rights reserved").license)
        self.assertEqual("cc0-1.0", filing(ImportMetadata(license="cc0-1.0"), license=address).license)

    def test_tags(self) -> None:
        """No more than allowed; an owner may say that there are none."""
        genres = tuple(f"G{n}" for n in range(50))
        self.assertEqual(30, len(filing(genres=genres).tags))
        self.assertEqual(("G0",), filing(rules=FilingRules(most_tags=1), genres=genres).tags)
        self.assertEqual((), filing(ImportMetadata(tags=()), genres=genres).tags)

    def test_only_musicbrainz(self) -> None:
        """Where only tagged files are taken, an id of the owner's counts too."""
        rules = FilingRules(only_musicbrainz=True)
        self.assertRaises(Refused, filing, rules=rules)
        self.assertEqual(UUID(int=1), filing(rules=rules, mbid=UUID(int=1)).mbid)
        self.assertEqual(UUID(int=2), filing(ImportMetadata(mbid=UUID(int=2)), rules).mbid)

    def test_description(self) -> None:
        """A comment in a file is plain text; what an owner types may be Markdown."""
        self.assertEqual("text/plain", filing(comment="Hello").description_type)
        said = filing(ImportMetadata(description="*Hello*"), comment="x")
        self.assertEqual(("*Hello*", "text/markdown"), (said.description, said.description_type))
        self.assertIsNone(filing().description_type)

    def test_names_fit(self) -> None:
        """No name is longer than an index can hold."""
        long = "\U0001f3bb" * 1000
        filed = filing(title=long, artists=(Credit(long), Credit(long)), album=long)
        self.assertEqual((500, 255, 255), (len(filed.title), len(filed.artists[1].name), len(filed.album)))

    def test_beyond_the_catalog(self) -> None:
        """Loudness and words go with the upload; blanks do not."""
        told = beyond_the_catalog(a_file(gain=ReplayGain(track_gain=-6.5), lyrics="La la", bpm=120))
        self.assertEqual(
            {"sample_rate": 44_100, "channels": 2, "replaygain": {"track_gain": -6.5}, "lyrics": "La la", "bpm": 120},
            told,
        )
