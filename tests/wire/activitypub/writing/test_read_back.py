"""What we write, our own reading understands: two pods of ours lose nothing between each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.federation import PeerClass
from fwtwisted.model.music import Album, Artist, Attachment, Track
from fwtwisted.model.people import Actor, Pod, Privacy
from fwtwisted.model.published import Credit, Persona, Post, ProofKey, Role, SharedFile, Shelf, Voice, Works
from fwtwisted.model.remote import SaidCredit
from fwtwisted.wire.activitypub.reading import actors as read_actors
from fwtwisted.wire.activitypub.reading import audio as read_audio
from fwtwisted.wire.activitypub.reading import collections as read_collections
from fwtwisted.wire.activitypub.reading import music as read_music
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.strict import PAGE
from fwtwisted.wire.activitypub.writing import actors, libraries, music, posts
from fwtwisted.wire.activitypub.writing.collections import Leaf
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.v1 import Pictures

BASE = "https://pod.example"
PAPER = Paper(Pod(BASE, "pod.example"), Pictures(f"{BASE}/media/", BASE))
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
ALICE, WAVES = f"{BASE}/federation/actors/alice", f"{BASE}/federation/actors/waves"
PICTURE = Attachment(1, UUID(int=1), None, "attachments/aa/bb/cover.png", 1000, "image/png", NOW)

names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60)
tags = st.lists(st.text("abcü_9", min_size=1, max_size=40), max_size=4, unique=True)


def uuid(number: int) -> UUID:
    return UUID(int=number)


def fid(kind: str, number: int) -> str:
    return PAPER.music(kind, uuid(number))


def an_artist(id: int, name: str) -> Artist:
    return Artist(id, uuid(id), fid("artists", id), uuid(90 + id), name, "music", 1, None, "Told", None, NOW, NOW, None)


ALBUM = Album(10, uuid(10), fid("albums", 10), None, "Tides", 1, date(2021, 3, 4), None, 1, None, None, NOW)
TRACK = Track(
    20, uuid(20), fid("tracks", 20), uuid(99), "Ebb", 1, 10, 2, 1, "cc-by-sa-4.0", "(c) Nova", 1, 1, "**So** it goes",
    "text/markdown", 0, NOW,
)  # fmt: skip
WORKS = Works(
    tracks={20: TRACK},
    albums={10: ALBUM},
    artists={1: an_artist(1, "Nova"), 2: an_artist(2, "Kestrel")},
    pictures={1: PICTURE},
    actors={1: ALICE},
    track_credits={20: [Credit(uuid(30), 1, "NOVA", " & ", 0), Credit(uuid(31), 2, "Kestrel", "", 1)]},
    track_tags={20: ["rock"]},
)
FILE = SharedFile(
    40, uuid(40), fid("uploads", 40), 20, 50, fid("libraries", 50), ALICE, True, "audio/flac", 8_656_581, 320_000, 213,
    NOW, NOW,
)  # fmt: skip
POST = Post(40, uuid(40), fid("uploads", 40), 20, 50, WAVES, "audio/mpeg", 8_656_581, 320_000, 213, NOW)
SHELF = Shelf(50, uuid(50), fid("libraries", 50), ALICE, "Mine", "All of it", Privacy.EVERYONE, 1)


def doc(document: Mapping[str, Any]) -> Doc:
    """As it arrives."""
    return Doc.parse(orjson.dumps(document), PAGE)


class ReadBackTests(SynchronousTestCase):
    """Each kind of document."""

    def test_a_file(self) -> None:
        """With all of its track, for each kind of reader."""
        for peer in (*PeerClass, None):
            said = read_audio.upload(doc(music.whole(libraries.file(FILE, WORKS, PAPER, peer))))
            self.assertEqual((FILE.fid, FILE.library, ALICE), (said.fid, said.library, said.author))
            self.assertEqual((NOW, NOW), (said.published, said.updated))
            sound = said.sound
            self.assertEqual(("audio/flac", 320_000, 8_656_581, 213),
                             (sound.mimetype, sound.bitrate, sound.size, sound.duration))  # fmt: skip
            self.assertEqual(PAPER.sound(TRACK.uuid, FILE.uuid), sound.source)
            track = said.track
            self.assertEqual(("Ebb", 2, 1, "cc-by-sa-4.0", "(c) Nova"),
                             (track.title, track.position, track.disc, track.license, track.copyright))  # fmt: skip
            self.assertEqual([("NOVA", " & ", "Nova"), ("Kestrel", "", "Kestrel")],
                             [(one.credit, one.joinphrase, one.artist.name) for one in track.credits])  # fmt: skip
            self.assertEqual((TRACK.mbid, ALICE, ("rock",)), (track.about.mbid, track.about.author, track.about.tags))
            self.assertEqual(("Tides", date(2021, 3, 4)), (track.album.title, track.album.released))
            assert track.about.picture is not None
            self.assertEqual(f"{BASE}/media/attachments/aa/bb/cover.png", track.about.picture.url)

    def test_a_post(self) -> None:
        """Tells upload and track in one."""
        said = read_audio.episode(doc(posts.audio_whole(posts.audio(POST, WORKS, PAPER, PeerClass.OTHER))))
        self.assertEqual((POST.fid, "Ebb", WAVES), (said.fid, said.title, said.about.author))
        self.assertEqual((2, 1, ALBUM.fid, "cc-by-sa-4.0"), (said.position, said.disc, said.album, said.license))
        self.assertEqual((213, "audio/mpeg"), (said.sound.duration, said.sound.mimetype))
        self.assertFalse(read_audio.is_in_library(doc(posts.audio(POST, WORKS, PAPER, None))))
        self.assertIsNone(read_audio.episode(doc(posts.audio(POST, WORKS, PAPER, None))).sound.duration)
        channel = evolve(WORKS, speakers={1: WAVES})
        self.assertEqual(WAVES, read_music.album(doc(music.whole(music.album(ALBUM, channel, PAPER)))).speaker)

    def test_a_library(self) -> None:
        """And a page of it."""
        said = read_collections.library(doc(libraries.library(SHELF, 50)))
        self.assertEqual((SHELF.fid, ALICE, "Mine", "All of it", True, 1),
                         (said.fid, said.owner, said.name, said.description, said.is_public, said.total))  # fmt: skip
        self.assertFalse(
            read_collections.library(doc(libraries.library(evolve(SHELF, privacy_level=Privacy.ME), 50))).is_public
        )
        items = [libraries.file(FILE, WORKS, PAPER, None)]
        page = read_collections.page(doc(libraries.library_page(SHELF, Leaf(1, 50), items)), SHELF.fid)
        self.assertEqual((SHELF.fid, 1, None), (page.part_of, len(page.items), page.next))

    def test_actors(self) -> None:
        """People and channels, with their keys."""
        actor = Actor(
            1, uuid(1), WAVES, "pod.example", "waves", "Person", "W", None, None, "", True, None, NOW, NOW, True
        )
        voice = Voice(1, ALICE, "podcast", ("ocean",))
        key = ProofKey(f"{WAVES}#ed25519-key", "z6Mk")
        channel = Persona(actor, Role.CHANNEL, "Waves", "The *sea*", None, "PEM", key, False, PICTURE, voice)
        said = read_actors.actor(doc(actors.actor(channel, PAPER)))
        self.assertEqual((WAVES, "waves", "Waves", ALICE, "podcast", ("ocean",)),
                         (said.fid, said.username, said.name, said.owner, said.category, said.tags))  # fmt: skip
        self.assertEqual(f"{BASE}/api/v1/channels/waves/rss", said.rss)
        self.assertEqual(PAPER.pod.fid("shared/inbox"), said.shared_inbox)
        self.assertEqual([(f"{WAVES}#main-key", WAVES)], [(one.id, one.owner) for one in said.keys])
        person = read_actors.actor(doc(actors.actor(evolve(channel, role=Role.PERSON, voice=None), PAPER)))
        self.assertEqual((None, False), (person.rss, person.manually_approves))
        self.assertEqual(WAVES, read_actors.tombstone(doc(actors.tombstone(WAVES))))

    @given(names, names, names, tags, st.integers(0, 2**31 - 1), st.integers(1, 2**31 - 1))
    def test_any_words(self, title: str, record: str, name: str, tagged: list[str], seconds: int, place: int) -> None:
        """Arrive as they left."""
        works = evolve(
            WORKS,
            tracks={20: evolve(TRACK, title=title, position=place, description=name, description_type="text/plain")},
            albums={10: evolve(ALBUM, title=record)},
            artists={1: an_artist(1, name), 2: an_artist(2, record)},
            track_tags={20: tagged},
        )
        file = evolve(FILE, duration=seconds)
        said = read_audio.upload(doc(music.whole(libraries.file(file, works, PAPER, PeerClass.OTHER))))
        self.assertEqual((title, record, name), (said.track.title, said.track.album.title, _first(said.track.credits)))
        self.assertEqual(
            (tuple(tagged), seconds, place), (said.track.about.tags, said.sound.duration, said.track.position)
        )
        episode = read_audio.episode(doc(posts.audio_whole(posts.audio(POST, works, PAPER, PeerClass.G1))))
        self.assertEqual(title, episode.title)
        self.assertIn(title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
                      posts.note(POST, works, PAPER)["content"])  # fmt: skip


def _first(credits: tuple[SaidCredit, ...]) -> str:
    return credits[0].artist.name
