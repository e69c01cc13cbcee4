"""
What Mastodon 4.7, Friendica, Pixelfed, Castopod, Lemmy and PeerTube post, each signed in its own way.

What Mastodon says was heard from its own serializers and signing code; the others' words are read from their sources.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from attrs import field, frozen

from tests.foreign import AS, PUBLIC, SECURITY
from tests.rest.test_channels import WISH
from tests.signed import INBOX, a_key, a_request, by_cavage, by_messages, pem, with_headers
from tests.web.federation.posting import ACTIVITY, HOME_URL, PostingCase
from tests.web.serving import Answer

CAST = f"{HOME_URL}/actors/cast"
CASTS_INBOX = "/federation/actors/cast/inbox"
MOMENT = "2026-11-22T03:46:03Z"
Document = dict[str, Any]
USUAL = 'keyId="{key_id}",algorithm="{algorithm}",headers="{names}",signature="{signature}"'
SYNCHRONISATION = (
    'collectionId="https://masto.example/users/bob/followers", digest="' + "ab" * 32 + '", '
    'url="https://masto.example/users/bob/followers_synchronization"'
)


@frozen(eq=False)
class Program:
    """
    How a program signs.

    :ivar fid: somebody there.  :ivar names: what is signed, in this order.  :ivar form: of the header.
    :ivar headers: what it sends beside.  :ivar numbers: ``created`` and ``expires``, off the moment of sending.
    :ivar tail: of the id of the key, as it signs; its actors list ``#main-key``.
    """

    fid: str
    names: str
    form: str = USUAL
    algorithm: str = "rsa-sha256"
    headers: Mapping[str, str] = field(factory=dict)
    numbers: Mapping[str, int] = field(factory=dict)
    tail: str = "#main-key"

    @property
    def host(self) -> str:
        """Their server."""
        return self.fid.split("/")[2]

    def says(self, type: str, object: Any, place: str = "1", **members: Any) -> Document:
        """Somebody there does something.  :param place: path of its id."""
        told = {"@context": [AS, SECURITY], "id": f"https://{self.host}/{place}", "type": type, "actor": self.fid}
        return {**told, "object": object, **members}


MASTODON = Program("https://masto.example/users/bob", "host date content-type digest (request-target)")
SYNCHRONISING = Program(
    "https://masto.example/users/bob", "host date content-type collection-synchronization digest (request-target)",
    headers={"collection-synchronization": SYNCHRONISATION},
)  # fmt: skip
NUMBERED = Program("https://masto.example/ap/users/116000000000000001", MASTODON.names)
ITSELF = Program("https://masto.example/actor", MASTODON.names)
FRIENDICA = Program("https://frien.example/profile/fay", "(request-target) date content-length digest host")
PIXELFED = Program(
    "https://pix.example/users/pia", "(request-target) host date digest",
    'keyId="{key_id}",headers="{names}",algorithm="{algorithm}",signature="{signature}"',
)  # fmt: skip
CASTOPOD = Program(
    "https://podcasts.example/@talk", "(request-target) host date digest content-type content-length user-agent",
    headers={"user-agent": "Castopod/1.13.4; +https://podcasts.example/", "authorization": 'Signature keyId="x"'},
)  # fmt: skip
LEMMY = Program(
    "https://lem.example/u/lea", "(request-target) (created) (expires) content-type digest host",
    'keyId="{key_id}",algorithm="{algorithm}",created={created},expires={expires},headers="{names}",'
    'signature="{signature}"',
    "hs2019", numbers={"created": 0, "expires": 3600},
)  # fmt: skip
OLD_LEMMY = Program("https://lem.example/u/lea", "(request-target) content-type date digest host", USUAL, "hs2019")
PEERTUBE = Program("https://tube.example/accounts/pete", "(request-target) host date digest", tail="")
PROGRAMS = (
    MASTODON, SYNCHRONISING, NUMBERED, ITSELF, FRIENDICA, PIXELFED, CASTOPOD, LEMMY, OLD_LEMMY, PEERTUBE,
)  # fmt: skip


def deeds(post: str) -> list[tuple[Program, Document]]:
    """What else they tell: of a channel's post, and of things that nobody here knows."""
    bob, ann = MASTODON.fid, NUMBERED.fid
    context = [AS, {"QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest"}]
    quote = {"id": f"{ann}/statuses/1", "type": "Note", "attributedTo": ann, "content": "<p>x</p>", "quote": post}
    page = {"type": "Page", "id": "https://lem.example/post/1", "attributedTo": LEMMY.fid, "name": "A page"}
    made = {"type": "Create", "id": "https://lem.example/activities/create/1", "actor": LEMMY.fid, "object": page}
    vote = {"type": "Dislike", "id": "https://lem.example/activities/dislike/1", "actor": LEMMY.fid, "object": post}
    leaving = {"type": "Undo", "id": f"{bob}#likes/1/undo", "object": {"type": "Like", "actor": bob, "object": post}}
    signature = {"type": "RsaSignature2017", "creator": f"{bob}#main-key", "created": MOMENT, "signatureValue": "AA=="}
    boost = f"{bob}/statuses/2/activity"
    film: Document = {
        "type": "Video", "id": "https://tube.example/videos/watch/1", "name": "A film", "duration": "PT2S", "views": 0,
        "category": None, "sensitive": False, "commentsEnabled": True, "published": MOMENT, "to": [PUBLIC], "cc": [],
        "attributedTo": [{"type": "Person", "id": PEERTUBE.fid},
                         {"type": "Group", "id": "https://tube.example/video-channels/films"}],
        "url": [{"type": "Link", "mediaType": "text/html", "href": "https://tube.example/videos/watch/1"},
                {"type": "Link", "mediaType": "video/mp4", "href": "https://tube.example/1.mp4", "height": 72,
                 "size": 22917, "fps": 25, "tag": []}],
    }  # fmt: skip
    return [
        (SYNCHRONISING, SYNCHRONISING.says("Announce", post, "users/bob/statuses/2/activity", to=[PUBLIC], cc=[CAST])),
        (MASTODON, MASTODON.says("Undo", {"id": boost, "type": "Announce", "actor": bob, "object": post}, "u/1")),
        (MASTODON, {**MASTODON.says("Like", post, "users/bob#likes/1"), "@context": AS}),
        (MASTODON, {**MASTODON.says("Undo", None), **leaving}),
        (NUMBERED, {**NUMBERED.says("QuoteRequest", post, "q/1"), "@context": context, "instrument": quote}),
        (MASTODON, {"@context": AS, "type": "Add", "actor": bob, "target": f"{bob}/featured", "object": f"{bob}/s/1"}),
        (MASTODON, {"@context": AS, "type": "Remove", "actor": bob, "target": f"{bob}/featured", "object": f"{bob}/1"}),
        (MASTODON, MASTODON.says("Move", bob, "users/bob#moves/1", target=ann, signature=signature)),
        (MASTODON, MASTODON.says("Block", CAST, "users/bob#blocks/1")),
        (NUMBERED, NUMBERED.says("Like", post, "ap/users/116000000000000001#likes/9")),
        (ITSELF, ITSELF.says("Flag", [CAST, post], "0f6a", content="Bad & worse")),
        (FRIENDICA, FRIENDICA.says("Like", post, "objects/2", to=[CAST], cc=[], instrument={"type": "Service"})),
        (FRIENDICA, FRIENDICA.says("View", post, "objects/3", to=[CAST])),
        (PIXELFED, PIXELFED.says("Like", post, "users/pia#likes/1")),
        (LEMMY, LEMMY.says("Announce", made, "activities/announce/1", to=[PUBLIC], cc=["https://lem.example/c/a/f"])),
        (LEMMY, LEMMY.says("Announce", vote, "activities/announce/2", to=[PUBLIC])),
        (OLD_LEMMY, OLD_LEMMY.says("Delete", LEMMY.fid, "activities/delete/1", to=[PUBLIC], removeData=True)),
        (PEERTUBE, PEERTUBE.says("View", post, "views/1", expires=MOMENT, signature=signature)),
        (PEERTUBE, PEERTUBE.says("Announce", film["id"], "videos/watch/1/announces/1", to=[PUBLIC])),
        (PEERTUBE, PEERTUBE.says("Create", film, "videos/watch/1/activity", to=[PUBLIC], cc=[])),
        (PEERTUBE, PEERTUBE.says("Update", film, f"videos/watch/1/updates/{MOMENT}", to=[PUBLIC], cc=[])),
        (PEERTUBE, PEERTUBE.says("Delete", film["id"], "videos/watch/1/delete", to=[PUBLIC])),
    ]


class FurtherProgramTests(PostingCase):
    """A channel of Alice's with a post, and somebody on each program."""

    seconds = 0

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        made = await self.alice.post("channels/", WISH | {"username": "cast", "cover": None})
        self.assertEqual(201, made.status, made.body)
        library, artist = await self.value(
            "SELECT ARRAY[library_id, artist_id] FROM channel WHERE uuid = %s", UUID(made.json["uuid"])
        )
        uuid = await self.an_upload(library, await self.a_track("Pilot", artist))
        self.post_fid = f"{HOME_URL}/music/uploads/{uuid}"
        await self.do("UPDATE upload SET fid = %s WHERE uuid = %s", self.post_fid, uuid)
        for number, (fid, host) in enumerate({program.fid: program.host for program in PROGRAMS}.items()):
            made_id = await self.an_actor(f"somebody{number}", host)
            await self.do(
                "UPDATE actor SET fid = %s, public_key = %s, key_id = %s, inbox_url = %s WHERE id = %s",
                fid, pem(a_key()), f"{fid}#main-key", f"{fid}/inbox", made_id,
            )  # fmt: skip

    async def tell(self, program: Program, document: Document, target: str = INBOX) -> Answer:
        """Post as the program does."""
        body = orjson.dumps(document)
        self.seconds += 1  # the same words signed in the same second are the same request
        now = time.time() + self.seconds
        bare = a_request("POST", target, body, now, content_type=ACTIVITY, content_length=str(len(body)))
        numbers = {name: str(int(now) + off) for name, off in program.numbers.items()}
        signed = by_cavage(
            with_headers(bare, program.headers), a_key(), program.names, form=program.form,
            key_id=f"{program.fid}{program.tail}", algorithm=program.algorithm, **numbers,
        )  # fmt: skip
        return await self.send(program, signed.headers, body, target)

    async def send(self, program: Program, headers: Mapping[str, Any], body: bytes, target: str) -> Answer:
        """Post what is signed, and let it have its effect."""
        told = {name.title(): values[0] for name, values in headers.items() if name != "content-length"}
        said = await self.served.ask("POST", target, told, body)
        await self.drain(program.host)
        return said

    async def test_follows(self) -> None:
        """Each signature is read, and each follower let in at once."""
        for number, program in enumerate(PROGRAMS):
            wish = program.says("Follow", CAST, f"follows/{number}")
            said = await self.tell(program, wish, CASTS_INBOX)
            self.assertEqual(202, said.status, (program.fid, program.names, said.body))
        fids = {program.fid for program in PROGRAMS}
        self.assertEqual(len(fids), await self.value("SELECT count(*) FROM follow WHERE approved"))
        self.assertEqual(len(PROGRAMS), await self.value("SELECT count(*) FROM delivery"), "an Accept each time")

    async def test_everything_else(self) -> None:
        """Is accepted, and breaks nothing."""
        for program, document in deeds(self.post_fid):
            said = await self.tell(program, document)
            self.assertEqual(202, said.status, (document, said.body))
        self.assertEqual(
            0, await self.value("SELECT count(*) FROM received WHERE state <> 'done' OR error IS NOT NULL")
        )
        self.assertEqual(1, await self.value("SELECT count(*) FROM report"))

    async def test_the_second_knock_of_mastodon(self) -> None:
        """It names no algorithm."""
        body = orjson.dumps(MASTODON.says("Follow", CAST, "follows/1"))
        now = time.time()
        parameters = f';created={int(now)};keyid="{MASTODON.fid}#main-key"'
        signed = by_messages(a_request(target=CASTS_INBOX, body=body, now=now), a_key(), parameters=parameters)
        told = {name: values for name, values in signed.headers.items() if name != "digest"}
        said = await self.send(MASTODON, {**told, "content-type": [ACTIVITY]}, body, CASTS_INBOX)
        self.assertEqual(202, said.status, said.body)
        self.assertEqual(1, await self.value("SELECT count(*) FROM follow WHERE approved"))

    async def test_what_nobody_did(self) -> None:
        """Mastodon asks for leave to list somebody and does not say who asks: an activity has an actor."""
        wish = MASTODON.says("FeatureRequest", CAST, "ap/feature_requests/3", instrument="https://masto.example/c/1")
        del wish["actor"]
        self.assertEqual(400, (await self.tell(MASTODON, wish)).status)

    async def test_what_is_passed_on(self) -> None:
        """Mastodon passes answers on to all who follow whom they answer; whose proof nobody reads is refused."""
        note = {"type": "Note", "id": "https://third.example/notes/1", "attributedTo": "https://third.example/users/cy"}
        passed = {"@context": [AS, SECURITY], "type": "Create", "id": "https://third.example/1", "object": note}
        signature = {"type": "RsaSignature2017", "creator": "https://third.example/users/cy#main-key"}
        document = {**passed, "actor": "https://third.example/users/cy", "signature": signature}
        self.assertEqual(401, (await self.tell(MASTODON, document)).status)

    async def test_castopod_accepts(self) -> None:
        """By the id of the Follow alone."""
        me = await self.value("SELECT id FROM actor WHERE fid = %s", f"{HOME_URL}/actors/alice")
        them = await self.value("SELECT id FROM actor WHERE fid = %s", CASTOPOD.fid)
        await self.a_follow(me, actor=them, approved=None)
        given = f"{HOME_URL}/actors/alice#follows/1"
        await self.do("UPDATE follow SET fid = %s", given)
        document = CASTOPOD.says("Accept", given, "@talk/activities/1")
        said = await self.tell(CASTOPOD, document, "/federation/actors/alice/inbox")
        self.assertEqual(202, said.status, said.body)
        self.assertIs(True, await self.value("SELECT approved FROM follow"))
