"""Documents as other programs write them, read into values."""

from __future__ import annotations

from datetime import date
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.wire.activitypub.reading import Doc, actors, audio, collections, finding, links, music, words
from fwtwisted.wire.activitypub.reading.places import is_web, origin_of, related, same_origin
from fwtwisted.wire.addresses import Handle
from tests.foreign import (
    ALICE,
    CHANNEL,
    LIBRARY,
    OTHER_POD,
    POD,
    Document,
    album,
    artist,
    credit,
    episode,
    funkwhale_actor,
    funkwhale_channel,
    library,
    library2,
    mastodon_actor,
    named_by_webfinger,
    page,
    pleroma_actor,
    reel2bits_channel,
    track,
    upload,
    upload2,
)

NONSENSE: tuple[Any, ...] = (None, [], {}, 7, [7], "x")


def without(document: Document, *names: str) -> Document:
    """The same, less some members."""
    return {name: value for name, value in document.items() if name not in names}


class ReadingCase(SynchronousTestCase):
    """``refused(read, document)``."""

    def refused(self, read: Any, document: Document) -> list[str]:
        """The fields that are wrong."""
        return list(self.assertRaises(Invalid, read, Doc(document)).problems)


class ActorTests(ReadingCase):
    """Actors."""

    def test_mastodon(self) -> None:
        """The address is text, the name blank, the picture on another host."""
        bob = actors.actor(Doc(mastodon_actor()))
        self.assertEqual(("bob", None, "https://masto.example/@bob"), (bob.username, bob.name, bob.url))
        self.assertEqual(
            (True, None, "https://masto.example/inbox"), (bob.manually_approves, bob.rss, bob.shared_inbox)
        )
        assert bob.icon is not None
        self.assertEqual("https://files.masto.example/bob.png", bob.icon.url)

    def test_pleroma(self) -> None:
        """Emoji among the tags are passed over; the litepub context is no matter."""
        eve = actors.actor(Doc(pleroma_actor()))
        self.assertEqual(((), "Eve :cat:", None), (eve.tags, eve.name, eve.summary))

    def test_channels(self) -> None:
        """A feed makes a channel, whether an owner is named or not."""
        cast, dave = (actors.actor(Doc(one)) for one in (funkwhale_channel(), reel2bits_channel()))
        self.assertEqual(("podcast", ALICE, ("talk", "Jazz")), (cast.category, cast.owner, cast.tags))
        self.assertEqual(f"{POD}/channels/mycast", cast.url)
        self.assertEqual(("music", None, "https://reel.example/api/dave/rss"), (dave.category, dave.owner, dave.rss))

    def test_webfinger(self) -> None:
        """FEP-2c59's name will do, if it is of the actor's own server."""
        self.assertEqual("team", actors.actor(Doc(named_by_webfinger())).username)
        self.assertEqual(
            ["webfinger"], self.refused(actors.actor, {**named_by_webfinger(), "webfinger": "a@evil.example"})
        )

    def test_addresses(self) -> None:
        """``url`` is text, a Link, or a list of either; the page is the one of HTML."""
        link = {"type": "Link", "href": f"{ALICE}/page", "mediaType": "text/html"}
        for url in (
            f"{ALICE}/page",
            link,
            [link],
            [{"href": f"{POD}/x", "mediaType": "video/mp4"}, link],
            [f"{ALICE}/page"],
        ):
            self.assertEqual(f"{ALICE}/page", actors.actor(Doc(funkwhale_actor(url=url))).url)
        odd: list[Any] = [None, [], {}, "javascript:alert(1)", f"https://x.example/{'a' * 500}", 7]
        for one in odd:
            self.assertIsNone(actors.actor(Doc(funkwhale_actor(url=one))).url)

    def test_missing(self) -> None:
        """Little is needed; the rest may be missing, null, or nonsense."""
        for name in ("id", "type", "preferredUsername"):
            self.assertEqual([name], self.refused(actors.actor, without(funkwhale_actor(), name)))
        bare = {"id": ALICE, "type": "Application", "preferredUsername": "alice"}
        self.assertEqual(("alice", None, ()), (lambda a: (a.username, a.inbox, a.keys))(actors.actor(Doc(bare))))
        for name in without(funkwhale_actor(), "id", "type", "preferredUsername"):
            for value in NONSENSE:
                actors.actor(Doc({**funkwhale_actor(), name: value}))

    def test_names(self) -> None:
        """A user name is one word that fits between ``@`` and ``@``; what is shown is cut."""
        for name in ("a b", "a@b", "a/b", "", "a\nb", "a" * 501, "a<b"):
            self.assertEqual(["preferredUsername"], self.refused(actors.actor, funkwhale_actor(preferredUsername=name)))
        for name in ("masto.example", "localhost:3000"):  # a server's own actor is called like its host
            self.assertEqual(name, actors.actor(Doc(funkwhale_actor(preferredUsername=name))).username)
        long = actors.actor(Doc(funkwhale_actor(name="n" * 500, summary="s" * 9_000)))
        self.assertEqual((200, 5_000), (len(long.name or ""), len(long.summary or "")))

    def test_inboxes(self) -> None:
        """Addresses of another server are not believed, but for a shared inbox of the same domain."""
        elsewhere = actors.actor(Doc(funkwhale_actor(inbox=f"{OTHER_POD}/in", outbox=f"{OTHER_POD}/out")))
        self.assertEqual((None, None), (elsewhere.inbox, elsewhere.outbox))
        for shared, taken in (
            ("https://ap.far.example/inbox", True),
            ("https://evilfar.example/inbox", False),
            ("https://example/inbox", False),
            (f"{OTHER_POD}/inbox", False),
        ):
            said = actors.actor(Doc(funkwhale_actor(endpoints={"sharedInbox": shared})))
            self.assertEqual(shared if taken else None, said.shared_inbox)

    def test_keys(self) -> None:
        """Several keys are read; those of others are not."""
        one = {"id": f"{ALICE}#a", "owner": ALICE, "publicKeyPem": "PEM"}
        many = [one, {**one, "id": "https://evil.example/k"}, {**one, "owner": CHANNEL}, {**one, "id": f"{ALICE}/b"}, 7]
        self.assertEqual([f"{ALICE}#a", f"{ALICE}/b"], [key.id for key in actors.keys(Doc({"publicKey": many}), ALICE)])

    def test_confusion(self) -> None:
        """What calls itself an activity, a key or a collection beside is nobody."""
        for kind in (["Person", "Create"], "Key", "Tombstone", ["OrderedCollection"], "Note"):
            self.assertEqual(["type"], self.refused(actors.actor, funkwhale_actor(type=kind)))


class MusicTests(ReadingCase):
    """Artists, albums, tracks."""

    def test_both_kinds_of_credits(self) -> None:
        """Artists alone, or credits with the words between them."""
        one = music.track(Doc(track(artists=[artist(1), artist(2)])))
        self.assertEqual([("Artist 1", ", "), ("Artist 2", "")], [(c.credit, c.joinphrase) for c in one.credits])
        said = {"artist_credit": [credit(artist(1), " & ", credit="A. One"), credit(artist(2))]}
        two = music.track(Doc({**track(), **said}))
        self.assertEqual([("A. One", " & "), ("Artist 2", "")], [(c.credit, c.joinphrase) for c in two.credits])

    def test_all(self) -> None:
        """Everything that is said is read."""
        said = music.track(Doc(track(3, musicbrainzId="2a6c3a10-0000-4000-8000-000000000001")))
        self.assertEqual(
            (3, 1, "cc-by-4.0", "Somebody", ("Punk",)),
            (said.position, said.disc, said.license, said.copyright, said.about.tags),
        )
        self.assertEqual((date(2020, 2, 2), ("Rock",)), (said.album.released, said.album.about.tags))
        assert said.album.about.picture is not None
        self.assertEqual(f"{POD}/media/album-1.jpg", said.album.about.picture.url)

    def test_channels_album(self) -> None:
        """The actor of a channel may stand where an artist should."""
        said = music.album(Doc(album(artists=[{"type": "Person", "id": CHANNEL}])))
        self.assertEqual((CHANNEL, ()), (said.speaker, said.credits))

    def test_missing(self) -> None:
        """What must be there is named, with where it is missing."""
        for document, told in (
            (track(artists=[]), "artists: "), (track(album=None), "album: "), (track(name=" "), "name: "),
            (track(album=without(album(), "name")), "album: {'name'"),
            (track(artists=[without(artist(), "id")]), "artists: {'id'"),
            (track(type="Album"), "type: "),
        ):  # fmt: skip
            self.assertIn(told, str(self.assertRaises(Invalid, music.track, Doc(document))))

    def test_odd_numbers(self) -> None:
        """Places are from one, or unknown."""
        for position in (0, -1, "x", None, 2**31):
            self.assertIsNone(music.track(Doc(track(position=position))).position)


class AudioTests(ReadingCase):
    """Files in libraries, and episodes."""

    def test_durations(self) -> None:
        """A number of seconds, and ISO 8601's words for as much."""
        for said, seconds in (
            (213, 213), ("PT3M33S", 213), ("PT213S", 213), ("PT3M33.9S", 213), ("P0DT0H3M33S", 213), ("PT1H", 3600),
            ("P1D", 86400), (213.7, 213), ("213", 213), ("P", None), ("PT", None), ("3:33", None),
            (-3, None), (None, None),
            ("PT" + "9" * 40 + "S", None), ("PT999999999H", None),
        ):  # fmt: skip
            self.assertEqual(seconds, words.duration(Doc({"duration": said})), said)

    def test_both_kinds(self) -> None:
        """Funkwhale 1 and 2 say the same of a file."""
        one, two = audio.upload(Doc(upload(1))), audio.upload(Doc(upload2(1)))
        self.assertEqual((one.sound, one.fid, one.library, one.author), (two.sound, two.fid, two.library, two.author))
        self.assertEqual(
            (320000, 8656581, 213, "audio/mpeg"),
            (one.sound.bitrate, one.sound.size, one.sound.duration, one.sound.mimetype),
        )

    def test_the_file(self) -> None:
        """It is found whatever its place among the links, on the server of the upload alone."""
        good = {"type": "Link", "mediaType": "audio/ogg; codecs=opus", "href": f"{POD}/a.ogg"}
        for url in (good, [good], [{"type": "Link", "mediaType": "text/html", "href": f"{POD}/p"}, good]):
            self.assertEqual(f"{POD}/a.ogg", audio.upload(Doc(upload(url=url))).sound.source)
        bad: tuple[Any, ...] = (
            None, [], f"{POD}/a.ogg", {**good, "mediaType": "text/html"}, {**good, "href": f"{OTHER_POD}/a.ogg"},
            {**good, "href": "file:///etc/passwd"}, {**good, "href": f"{POD}@evil.example/a"},
        )  # fmt: skip
        for one in bad:
            self.assertEqual(["url"], self.refused(audio.upload, upload(url=one)))

    def test_episodes(self) -> None:
        """An episode tells of its file in the link, and is no file of a library."""
        said = audio.episode(Doc(episode(2)))
        self.assertEqual(
            (128000, 4000, 60, 2), (said.sound.bitrate, said.sound.size, said.sound.duration, said.position)
        )
        self.assertEqual((CHANNEL, ("talk",)), (said.about.author, said.about.tags))
        self.assertEqual((False, True), (audio.is_in_library(Doc(episode())), audio.is_in_library(Doc(upload()))))
        self.assertEqual(["track"], self.refused(audio.upload, episode()))

    def test_library_elsewhere(self) -> None:
        """A file and its library are of one server."""
        self.assertEqual(["library"], self.refused(audio.upload, upload(library=f"{OTHER_POD}/l")))
        self.assertEqual(["library"], self.refused(audio.upload, {**upload(), "library": None}))


class CollectionTests(ReadingCase):
    """Libraries and pages."""

    def test_libraries(self) -> None:
        """Both generations; the public in every spelling; what is missing has its place."""
        one, two = collections.library(Doc(library())), collections.library(Doc(library2()))
        self.assertEqual(
            (one.owner, one.followers, one.first, one.total), (two.owner, two.followers, two.first, two.total)
        )
        self.assertEqual((True, "All of it", None), (one.is_public, one.description, two.description))
        self.assertFalse(collections.library(Doc(without(library(), "audience"))).is_public)
        by_actor = {**without(library(), "attributedTo"), "actor": {"type": "Person", "id": ALICE}}
        self.assertEqual(ALICE, collections.library(Doc(by_actor)).owner)
        for name in ("attributedTo", "name", "type", "id"):
            self.assertEqual([name], self.refused(collections.library, without(library(), name)))
        for name in ("first", "last", "followers", "attributedTo"):
            elsewhere = {**library(), name: f"{OTHER_POD}/x"}
            self.assertEqual([name], self.refused(collections.library, elsewhere), "it lies on another server")

    def test_types(self) -> None:
        """What is something else beside is none of them: an activity, say (docs/federation.md §8.4)."""
        self.assertEqual(ALICE, collections.library(Doc(library() | {"type": ["Library", "Collection"]})).owner)
        for kinds in (["Create", "Library"], ["Library", "Person"]):
            self.assertEqual(["type"], self.refused(collections.library, library() | {"type": kinds}))
        self.assertRaises(Invalid, collections.page, Doc(page(type=["CollectionPage", "Create"])), LIBRARY)
        self.assertRaises(Invalid, collections.page, Doc(page(type=[])), LIBRARY)

    def test_pages(self) -> None:
        """``items`` or ``orderedItems``, objects or ids; the way on stays on the server."""
        for kind, name in (("CollectionPage", "items"), ("OrderedCollectionPage", "orderedItems")):
            document = {**without(page(), "items"), "type": kind, name: [upload(1), f"{POD}/x", 7, None]}
            said = collections.page(Doc(document), LIBRARY)
            self.assertEqual(((upload(1),), (f"{POD}/x",), None), (said.items, said.ids, said.next))
        self.assertRaises(Invalid, collections.page, Doc(page(next=f"{OTHER_POD}/x")), LIBRARY)
        self.assertRaises(Invalid, collections.page, Doc(page(id=f"{OTHER_POD}/x")), LIBRARY)
        self.assertRaises(Invalid, collections.page, Doc(page(type="Create")), LIBRARY)
        self.assertRaises(Invalid, collections.page, Doc(page(attributedTo=f"{OTHER_POD}/x")), LIBRARY)


class PlaceTests(SynchronousTestCase):
    """Addresses, tags, links, names of people."""

    def test_addresses(self) -> None:
        """Of the web, whole, of bounded length, without a user's name."""
        for good in ("https://a.example/x?y#z", "http://127.0.0.1:8001/x"):
            self.assertTrue(is_web(good))
        for bad in (
            None,
            "",
            "x",
            "ftp://a/",
            "https://",
            "https://u@a/",
            "https://a/ b",
            "https://a/\n",
            "https://[::",
            "https://a:x/",
            "https://a/" + "x" * 500,
        ):
            self.assertFalse(is_web(bad), bad)

    def test_origins(self) -> None:
        """Scheme, host in any case, and port."""
        self.assertEqual("https://a.example", origin_of("https://A.example:443/x"))
        for other, same in (
            ("https://A.EXAMPLE/y", True),
            ("http://a.example/", False),
            ("https://a.example:8443/", False),
            ("x", False),
        ):
            self.assertEqual(same, same_origin("https://a.example/x", other))
        self.assertFalse(same_origin("127.0.0.1", "127.0.0.1"))
        self.assertEqual(
            (True, True, False, False),
            (related("a.b.c", "b.c"), related("a.b", "a.b"), related("a.b:1", "a.b:2"), related("xb.c", "b.c")),
        )

    def test_tags(self) -> None:
        """Each once, without its sign, at most thirty; what is no word is none."""
        told = [
            {"type": "Hashtag", "name": name}
            for name in ("#Rock", "rock", "##x", "#a b", "#", "#" + "y" * 101, "#hip_hop", "#ジャズ")
        ]
        self.assertEqual(
            ("Rock", "hip_hop", "ジャズ"), words.tags(Doc({"tag": [*told, {"type": "Mention", "name": "#z"}, 7]}))
        )
        self.assertEqual(30, len(words.tags(Doc({"tag": [{"type": "Hashtag", "name": f"#t{n}"} for n in range(99)]}))))

    def test_pictures(self) -> None:
        """``url`` or ``href``, Image or Link, with a type or without; what says that it is none is none."""
        for image in (
            {"type": "Image", "url": f"{POD}/i.png"}, {"type": "Link", "href": f"{POD}/i.png", "mediaType": None},
            [{"type": "Image", "url": {"type": "Link", "href": f"{POD}/i.png"}}], f"{POD}/i.png",
            [{"type": "Image", "url": [f"{POD}/i.png"]}],
        ):  # fmt: skip
            found = links.picture(Doc({"image": image}), "image")
            self.assertEqual(f"{POD}/i.png", found and found.url)
        self.assertIsNone(links.picture(Doc({"image": {"url": f"{POD}/i", "mediaType": "text/html"}}), "image"))

    def test_handles(self) -> None:
        """Where a server is asked who somebody is."""
        url = "https://a.example:8443/.well-known/webfinger?resource=acct:b%20c@a.example:8443"
        self.assertEqual(url, finding.webfinger_url(Handle("b c", "a.example:8443")))
