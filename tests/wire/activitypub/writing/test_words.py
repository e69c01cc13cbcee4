"""Every word of what we write means something to whoever reads it as JSON-LD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.federation import PeerClass
from fwtwisted.model.people import Actor
from fwtwisted.model.published import Persona, ProofKey, Role, Voice
from fwtwisted.wire.activitypub import activities
from fwtwisted.wire.activitypub.contexts import AS, FUNKWHALE, POSTED, PUBLIC, SECURITY, TERMS
from fwtwisted.wire.activitypub.writing import actors, libraries, music, posts
from fwtwisted.wire.activitypub.writing.collections import Leaf, counted, ordered, ordered_page
from tests.wire.activitypub.writing.test_read_back import (
    ALBUM,
    ALICE,
    FILE,
    NOW,
    PAPER,
    PICTURE,
    POST,
    SHELF,
    TRACK,
    WAVES,
    WORKS,
    uuid,
)


def words(text: str) -> frozenset[str]:
    """Those of a text."""
    return frozenset(text.split())


# What the contexts declare that readers bring along: of the first two, the words that we use.
SHIPPED: Mapping[str, frozenset[str]] = {
    AS: words(
        """
        id type Accept Audio Collection CollectionPage Create Delete Dislike Flag Follow Image Like Link Listen
        Note OrderedCollection OrderedCollectionPage Person Reject Service Tombstone Undo Update
        actor attachment attributedTo audience cc content current deleted duration endpoints first followers following
        formerType height href icon image inbox items last likes mediaType name next object orderedItems outbox partOf
        preferredUsername prev published rel sharedInbox shares summary tag to totalItems updated url width
        """
    ),
    SECURITY: words("id type owner publicKey publicKeyPem"),
    # All of it, as Funkwhale 1.4 ships it.
    FUNKWHALE: words(
        """
        id type as fw schema xsd Album Track Artist Library bitrate size position disc library track cover album artists
        released musicbrainzId license copyright category language
        """
    ),
}


def known(context: Sequence[Any]) -> frozenset[str]:
    """The words of a context."""
    return frozenset().union(*(SHIPPED[one] if isinstance(one, str) else one for one in context))


def used(part: Any, declared: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Every member and type within, with the words that are known there."""
    if isinstance(part, Mapping):
        declared = declared | known(part.get("@context", ()))
        types = part.get("type", ())
        for name in [*part, *([types] if isinstance(types, str) else types)]:
            if name != "@context":
                yield name, declared
        for value in part.values() if "@context" not in part else [v for n, v in part.items() if n != "@context"]:
            yield from used(value, declared)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from used(one, declared)


class WordsTests(SynchronousTestCase):
    """Of each kind of document."""

    def means(self, document: Mapping[str, Any]) -> None:
        """All its words are declared."""
        self.assertIn("@context", document)
        lost = {name for name, declared in used(document, frozenset()) if name not in declared}
        self.assertEqual(set(), lost, document.get("type"))

    def test_words_of_everybody(self) -> None:
        """Keep the meaning that ActivityStreams gives them: Funkwhale 2 takes no Listen but that one."""
        self.assertEqual(set(), TERMS.keys() & SHIPPED[AS])

    def test_music(self) -> None:
        """Tracks, albums, artists, credits; files and libraries with their pages."""
        credit = WORKS.track_credits[20][0]
        for document in (
            music.track(TRACK, WORKS, PAPER),
            music.album(ALBUM, WORKS, PAPER),
            music.album(ALBUM, evolve(WORKS, speakers={1: WAVES}), PAPER),
            music.artist(WORKS.artists[1], WORKS, PAPER),
            music.credit(credit, WORKS, NOW, PAPER),
            *(libraries.file(FILE, WORKS, PAPER, peer) for peer in (*PeerClass, None)),
        ):
            self.means(music.whole(document))
        self.means(libraries.library(SHELF, 50))
        self.means(libraries.library_page(SHELF, Leaf(1, 50), [libraries.file(FILE, WORKS, PAPER, None)]))

    def test_posts(self) -> None:
        """As Audio, as Note, and the collections that they stand in."""
        audio = posts.audio(POST, WORKS, PAPER, PeerClass.OTHER)
        self.means(posts.audio_whole(audio))
        self.means(posts.note_whole(posts.note(POST, WORKS, PAPER)))
        said = activities.create(f"{POST.fid}/activity", WAVES, audio, [PUBLIC], published=NOW, context=POSTED)
        self.means(said)
        self.assertEqual(audio["published"], said["published"], "with the offset, as in all documents")
        self.means(ordered(f"{WAVES}/outbox", 1, 50, owner=WAVES))
        self.means(ordered_page(f"{WAVES}/outbox", 1, Leaf(1, 50), [said], context=POSTED))
        self.means(counted(f"{WAVES}/followers", 3, owner=WAVES))

    def test_actors(self) -> None:
        """People, channels, the pod, and those who have gone."""
        row = Actor(
            1, UUID(int=1), WAVES, "pod.example", "waves", "Person", "W", None, None, "", True, None, NOW, NOW, True
        )
        key = ProofKey(f"{WAVES}#ed25519-key", "z6Mk")
        voice = Voice(1, ALICE, "podcast", ("ocean",))
        channel = Persona(row, Role.CHANNEL, "Waves", "The *sea*", None, "PEM", key, False, PICTURE, voice)
        person = evolve(channel, role=Role.PERSON, voice=None)
        for persona in (channel, evolve(channel, proof_key=None), person, evolve(person, role=Role.SERVICE)):
            self.means(actors.actor(persona, PAPER))
        self.means(actors.tombstone(WAVES))

    def test_activities(self) -> None:
        """Of follows, of what is removed, of what is liked and heard, and reports."""
        bob = "https://far.example/users/bob"
        wish = activities.follow(activities.follow_id(ALICE, uuid(1)), ALICE, bob, bob)
        for said in (
            wish,
            activities.accept(uuid(2), wish),
            activities.reject(uuid(3), wish),
            activities.undo(wish),
            activities.delete(f"{ALICE}#1", ALICE, "Library", SHELF.fid, [bob]),
            activities.delete(f"{ALICE}#1", ALICE, "Audio", [FILE.fid], [bob]),
            activities.delete(f"{ALICE}#1", ALICE, "Album", ALBUM.fid, [bob]),
            activities.bury(f"{ALICE}#1", ALICE, FILE.fid, [bob]),
            activities.flag(f"{ALICE}#1", ALICE, [TRACK.fid], "Words", "other", bob),
            activities.like(f"{ALICE}#1", ALICE, TRACK.fid, f"{ALICE}/followers", "everyone"),
            activities.dislike(f"{ALICE}#1", ALICE, TRACK.fid, f"{ALICE}/followers", "everyone"),
            activities.listen(f"{ALICE}#1", ALICE, TRACK.fid, f"{ALICE}/followers", "everyone"),
        ):
            self.means(said)
