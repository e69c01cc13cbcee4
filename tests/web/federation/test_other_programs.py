"""
What Mastodon, GoToSocial, Pleroma, Misskey and Takahē post, in their own words and signed in their own ways.

What GoToSocial 0.20, Takahē 0.11 and Misskey 2025.11 say was heard from them; the others' words are read from their
sources.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from attrs import frozen

from tests.foreign import AS, PUBLIC, SECURITY
from tests.rest.test_channels import WISH
from tests.signed import INBOX, a_key, a_request, by_cavage, pem
from tests.web.federation.posting import ACTIVITY, HOME_URL, PostingCase
from tests.web.serving import Answer

CAST = f"{HOME_URL}/actors/cast"
MOMENT = "2026-11-22T00:40:49.042Z"
Document = dict[str, Any]
# What Mastodon puts beside everything that might be passed on; nobody here reads it.
LINKED_DATA = {
    "type": "RsaSignature2017",
    "creator": "https://masto.example/users/bob#main-key",
    "created": "2026-01-02T03:04:05Z",
    "signatureValue": "c2lnbmF0dXJl",
}


@frozen(eq=False)
class Program:
    """
    How a program signs.

    :ivar fid: somebody there.  :ivar tail: of the key's id.  :ivar names: what is signed, in this order.
    :ivar algorithm: as it is named; empty: it is not.
    """

    fid: str
    tail: str
    names: str
    algorithm: str = "rsa-sha256"
    context: Any = (AS, SECURITY)

    @property
    def host(self) -> str:
        """Their server."""
        return self.fid.split("/")[2]

    def says(self, type: str, object: Any, place: str, **members: Any) -> Document:
        """Somebody there does something.  :param place: path of its id."""
        told = {"@context": self.context, "id": f"https://{self.host}/{place}", "type": type, "actor": self.fid}
        return {**told, "object": object, **members}


MASTODON = Program(
    "https://masto.example/users/bob", "#main-key", "host date digest content-type (request-target)",
    context=[AS, {"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri", "sensitive": "as:sensitive"}],
)  # fmt: skip
GOTOSOCIAL = Program(
    "https://gts.example/users/gil", "/main-key", "(request-target) host date digest", "hs2019", AS
)  # fmt: skip
PLEROMA = Program(
    "https://ple.example/users/eve", "#main-key", "(request-target) content-length date digest host",
    context=[AS, "https://ple.example/schemas/litepub-0.1.jsonld", {"@language": "und"}],
)  # fmt: skip
MISSKEY = Program(
    "https://mk.example/users/9abc", "#main-key", "(request-target) date host digest",
    context=[AS, SECURITY, {"Key": "sec:Key", "Emoji": "toot:Emoji", "misskey": "https://misskey-hub.net/ns#",
                            "_misskey_reaction": "misskey:_misskey_reaction", "freeText": {
                                "@id": "misskey:freeText", "@type": "schema:text"}}],
)  # fmt: skip
TAKAHE = Program(
    "https://tk.example/@tia@tk.example/", "#main-key", "(request-target) host date digest content-type", "",
    context=[AS, {"toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji", "Hashtag": "as:Hashtag"}],
)  # fmt: skip
PROGRAMS = (MASTODON, GOTOSOCIAL, PLEROMA, MISSKEY, TAKAHE)


def follow(program: Program) -> Document:
    """They follow the channel, each in its own form."""
    return {
        MASTODON: MASTODON.says("Follow", CAST, "5f0c"),
        GOTOSOCIAL: GOTOSOCIAL.says("Follow", CAST, "users/gil/follow/01HX", to=CAST),
        PLEROMA: PLEROMA.says("Follow", CAST, "activities/1", state="pending", to=[CAST], cc=[], bto=[], bcc=[]),
        MISSKEY: MISSKEY.says("Follow", CAST, "follows/9ghi"),
        TAKAHE: TAKAHE.says("Follow", CAST, "@tia@tk.example/follow/647126745140774748/"),
    }[program]


def unfollow(program: Program) -> Document:
    """They follow it no longer."""
    wish = {name: value for name, value in follow(program).items() if name != "@context"}
    if program is MISSKEY:  # which knows by then who followed whom, and no more by which word
        wish["id"] = "https://mk.example/follows/9abc/9def"
        return program.says("Undo", wish, "follows/9abc/9def/undo", published=MOMENT)
    return program.says("Undo", wish, "undo/1", to=[CAST])


def note(program: Program, post: str) -> Document:
    """An answer to a post."""
    there = f"https://{program.host}"
    mention = {"type": "Mention", "href": CAST, "name": "@cast@pod.example"}
    emoji = {"type": "Emoji", "id": f"{there}/emoji/1", "name": ":cat:", "icon": {"type": "Image", "url": f"{there}/c"}}
    return {
        "id": f"{there}/notes/1", "type": "Note", "attributedTo": program.fid, "inReplyTo": post, "summary": None,
        "content": "<p>Nice</p>", "contentMap": {"en": "<p>Nice</p>"}, "published": "2026-01-02T03:04:05Z",
        "to": [PUBLIC], "cc": [f"{program.fid}/followers", CAST], "tag": [mention, emoji], "attachment": [],
        "sensitive": False, "replies": {"id": f"{there}/notes/1/replies", "type": "Collection", "first": {}},
    }  # fmt: skip


def deeds(post: str) -> list[tuple[Program, Document]]:
    """What else they tell of a channel's post, of themselves and of others."""
    mine, theirs = MASTODON.fid, f"{CAST}/followers"
    like = {"id": f"{mine}#likes/1", "type": "Like", "actor": mine, "object": post}
    boost = {"id": f"{mine}/statuses/2/activity", "type": "Announce", "actor": mine, "object": post}
    block = {"id": f"{mine}#blocks/1", "type": "Block", "actor": mine, "object": CAST}
    buried = {"id": f"{mine}/statuses/1", "type": "Tombstone", "atomUri": f"{mine}/statuses/1"}
    quote = {"type": "Note", "id": f"{mine}/statuses/3", "attributedTo": mine, "quote": post}
    liked = TAKAHE.says("Like", post, "@tia@tk.example/#like/1", published=MOMENT)
    reported = {"type": "Note", "id": post, "content": "x", "actor": {"id": CAST, "type": "Person"}}
    return [
        (MASTODON, MASTODON.says("Like", post, "users/bob#likes/1")),
        (MASTODON, MASTODON.says("Undo", like, "users/bob#likes/1/undo")),
        (MASTODON, MASTODON.says("Announce", post, "users/bob/statuses/2/activity", to=[PUBLIC], cc=[theirs])),
        (MASTODON, MASTODON.says("Undo", boost, "users/bob/statuses/2/activity/undo", to=[PUBLIC])),
        (MASTODON, MASTODON.says("Create", note(MASTODON, post), "users/bob/1/activity", signature=LINKED_DATA)),
        (MASTODON, MASTODON.says("Update", note(MASTODON, post), "users/bob#updates/1", signature=LINKED_DATA)),
        (MASTODON, MASTODON.says("Delete", buried, "users/bob/statuses/1#delete", to=[PUBLIC], signature=LINKED_DATA)),
        (MASTODON, MASTODON.says("Block", CAST, "users/bob#blocks/1")),
        (MASTODON, MASTODON.says("Undo", block, "users/bob#blocks/1/undo")),
        (MASTODON, MASTODON.says("Flag", [CAST, post], "flags/1", content="Not nice", to=[CAST])),
        (MASTODON, MASTODON.says("QuoteRequest", post, "quotes/1", instrument=quote)),
        (MASTODON, MASTODON.says("Add", f"{mine}/statuses/1", "adds/1", target=f"{mine}/collections/featured")),
        (MASTODON, MASTODON.says("Move", mine, "moves/1", target="https://other.example/users/bob", to=[theirs])),
        (GOTOSOCIAL, GOTOSOCIAL.says("Like", f"{post}/note", "users/gil/liked/01HY", to=CAST)),
        (GOTOSOCIAL, GOTOSOCIAL.says("Create", note(GOTOSOCIAL, post), "users/gil/statuses/01HZ/activity")),
        (GOTOSOCIAL, GOTOSOCIAL.says("Delete", f"{GOTOSOCIAL.fid}/statuses/01HZ", "users/gil/statuses/01HZ#delete")),
        (GOTOSOCIAL, GOTOSOCIAL.says("Announce", f"{post}/note", "users/gil/statuses/01J0", to=PUBLIC, cc=[CAST])),
        (GOTOSOCIAL, GOTOSOCIAL.says("Flag", [CAST, f"{post}/note"], "reports/01M8", content="naughty")),
        (TAKAHE, liked),
        (TAKAHE, TAKAHE.says("Announce", post, "@tia@tk.example/#boost/1", to="as:Public", published=MOMENT)),
        (TAKAHE, TAKAHE.says("Undo", liked, "@tia@tk.example/#like/1/undo")),
        (TAKAHE, TAKAHE.says("Create", note(TAKAHE, post), "@tia@tk.example/posts/1/#create", cc=CAST)),
        (PLEROMA, PLEROMA.says("EmojiReact", post, "activities/2", content="🐱", to=[CAST], cc=[PUBLIC])),
        (PLEROMA, PLEROMA.says("Flag", [CAST, reported], "activities/3", content="Hm", context="x", cc=[], to=[])),
        (PLEROMA, PLEROMA.says("Create", note(PLEROMA, post), "activities/4", directMessage=False)),
        *((MISSKEY, said) for said in misskey(post)),
    ]  # fmt: skip


def misskey(post: str) -> list[Document]:
    """All that Misskey says beside follows; a report names its service actor, and whom it is about alone."""
    me, there = MISSKEY.fid, "https://mk.example"
    followers, pinned = f"{me}/followers", f"{me}/collections/featured"
    wave: Document = {
        "id": f"{there}/emojis/wave", "type": "Emoji", "name": ":wave:", "updated": MOMENT,
        "icon": {"type": "Image", "mediaType": "image/png", "url": f"{there}/files/1"},
        "_misskey_license": {"freeText": None},
    }  # fmt: skip
    reaction: Document = {"content": ":wave:", "_misskey_reaction": ":wave:", "tag": [wave]}
    like = {"type": "Like", "id": f"{there}/likes/9a", "actor": me, "object": post, **reaction}
    boost = {
        "id": f"{there}/notes/9b/activity", "actor": me, "type": "Announce", "published": MOMENT, "to": [PUBLIC],
        "cc": [followers], "object": post,
    }  # fmt: skip
    quote = {
        **note(MISSKEY, post), "id": f"{there}/notes/9c", "_misskey_content": "so good", "_misskey_quote": post,
        "source": {"content": "so good", "mediaType": "text/x.misskeymarkdown"}, "quoteUrl": post, "inReplyTo": None,
    }  # fmt: skip
    option = {"type": "Note", "name": "a", "replies": {"type": "Collection", "totalItems": 1}}
    poll = {**note(MISSKEY, post), "id": f"{there}/notes/9d", "type": "Question", "endTime": None, "oneOf": [option]}
    block = {"type": "Block", "id": f"{there}/blocks/9e", "actor": me, "object": CAST}
    buried = {"id": f"{there}/notes/9c", "type": "Tombstone"}
    return [
        MISSKEY.says("Like", post, "likes/9a", **reaction),
        MISSKEY.says("Undo", like, "likes/9a/undo", published=MOMENT),
        MISSKEY.says("Like", post, "likes/9f", content="❤", _misskey_reaction="❤"),
        MISSKEY.says("Announce", post, "notes/9b/activity", published=MOMENT, to=[PUBLIC], cc=[followers]),
        MISSKEY.says("Undo", boost, "notes/9b/activity/undo", published=MOMENT),
        MISSKEY.says("Announce", post, "notes/9g/activity", published=MOMENT, to=[followers], cc=[]),
        MISSKEY.says("Create", note(MISSKEY, post), "notes/1/activity", published=MOMENT, to=[PUBLIC], cc=[CAST]),
        MISSKEY.says("Create", quote, "notes/9c/activity", published=MOMENT, to=[PUBLIC], cc=[followers]),
        MISSKEY.says("Create", poll, "notes/9d/activity", published=MOMENT, to=[PUBLIC], cc=[followers]),
        MISSKEY.says("Update", poll, "users/9abc#updates/1795318461613", to=[PUBLIC], published=MOMENT),
        MISSKEY.says("Delete", buried, "0fa36e2c-d51b-4458-8188-4037b0b746e0", published=MOMENT),
        MISSKEY.says("Flag", CAST, "1bbe2d4a-da7d-4a34-9a0d-478ac10183ad", content="Report: https://mk.example/admin"),
        MISSKEY.says("Block", CAST, "blocks/9e"),
        MISSKEY.says("Undo", block, "blocks/9e/undo", published=MOMENT),
        MISSKEY.says("Add", f"{there}/notes/9d", "5b7eb258-459e-4c2a-9191-7b32d93e41f7", target=pinned),
        MISSKEY.says("Remove", f"{there}/notes/9d", "34cf9518-c01f-42c1-8df5-bfe6bf7fec1f", target=pinned),
        MISSKEY.says("Move", me, "moves/9abc/9xyz", target=f"{there}/users/9xyz"),
    ]


class OtherProgramTests(PostingCase):
    """A channel of Alice's with a post, and somebody on each program."""

    seconds = 0

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        made = await self.alice.post("channels/", WISH | {"username": "cast", "cover": None})
        self.assertEqual(201, made.status, made.body)
        library, artist = await self.run_in(_channel, UUID(made.json["uuid"]))
        self.track = await self.a_track("Pilot", artist)
        uuid = await self.an_upload(library, self.track)
        self.fid = f"{HOME_URL}/music/uploads/{uuid}"
        await self.do("UPDATE upload SET fid = %s WHERE uuid = %s", self.fid, uuid)
        for number, program in enumerate(PROGRAMS):
            await self.somebody(program, number)

    async def somebody(self, program: Program, number: int) -> None:
        """Somebody on a program, whose key is known."""
        made = await self.an_actor(program.fid.rstrip("/").rpartition("/")[2], program.host)
        await self.do(
            "UPDATE actor SET fid = %s, public_key = %s, key_id = %s, inbox_url = %s WHERE id = %s",
            program.fid, pem(a_key(number=number)), program.fid + program.tail, f"{program.fid}/inbox", made,
        )  # fmt: skip

    async def tell(self, program: Program, document: Document, target: str = INBOX) -> Answer:
        """Post as the program does."""
        body = orjson.dumps(document)
        self.seconds += 1  # the same words signed in the same second are the same request
        now = time.time() + self.seconds
        bare = a_request("POST", target, body, now, content_type=ACTIVITY, content_length=str(len(body)))
        named = ',algorithm="{algorithm}"' if program.algorithm else ""
        form = f'keyId="{{key_id}}"{named},headers="{{names}}",signature="{{signature}}"'
        signed = by_cavage(
            bare, a_key(number=PROGRAMS.index(program)), program.names, key_id=program.fid + program.tail,
            algorithm=program.algorithm, form=form,
        )  # fmt: skip
        told = {name.title(): values[0] for name, values in signed.headers.items() if name != "content-length"}
        said = await self.served.ask("POST", target, told, body)
        self.assertEqual(202, said.status, (document, said.body))
        await self.drain(program.host)
        return said

    async def told(self, sql: str, read: Callable[..., Any] = str, *values: object) -> list[Any]:
        """What a statement finds."""

        async def work(tx: Any) -> Any:
            return await tx.many(read, sql, *values)

        found: list[Any] = await self.run_in(work)
        return found

    async def test_follows(self) -> None:
        """Everybody is let in at once, told so by the very Follow, and let go again."""
        for program in PROGRAMS:
            await self.tell(program, follow(program), "/federation/actors/cast/inbox")
            [body] = await self.told(
                "SELECT body FROM outgoing_body JOIN delivery USING (outgoing_id) WHERE inbox = %s",
                orjson.loads, f"{program.fid}/inbox",
            )  # fmt: skip
            wish = follow(program)
            self.assertEqual(("Accept", CAST, [program.fid]), (body["type"], body["actor"], body["to"]))
            self.assertTrue(body["id"].startswith(CAST))
            same = {name: wish[name] for name in ("id", "type", "actor", "object")}
            self.assertEqual(same, body["object"], "GoToSocial, Mastodon and Misskey find it by these")
        self.assertEqual(len(PROGRAMS), await self.value("SELECT count(*) FROM follow WHERE approved"))
        for program in PROGRAMS:
            await self.tell(program, unfollow(program))
        self.assertEqual(0, await self.value("SELECT count(*) FROM follow"))

    async def test_following_again(self) -> None:
        """Misskey ends a follow by the id of the first time, and once followed by one, too: each has its effect."""
        for number in range(3):
            again = f"https://mk.example/follows/{'9abc/9def' if number else '9ghi'}"
            await self.tell(MISSKEY, follow(MISSKEY) | {"id": again}, "/federation/actors/cast/inbox")
            self.assertEqual(1, await self.value("SELECT count(*) FROM follow WHERE approved"))
            said = await self.value("SELECT count(*) FROM delivery WHERE inbox = %s", f"{MISSKEY.fid}/inbox")
            self.assertEqual(number + 1, said, "an Accept each time")
            await self.tell(MISSKEY, unfollow(MISSKEY) | {"published": f"2026-01-02T03:04:0{number}.678Z"})
            self.assertEqual(0, await self.value("SELECT count(*) FROM follow"))

    async def test_everything_else(self) -> None:
        """Is accepted, breaks nothing, and asks nobody for anything."""
        for program, document in deeds(self.fid):
            await self.tell(program, document)
        self.assertEqual(["done"], await self.told("SELECT DISTINCT state FROM received"))
        self.assertEqual([], await self.told("SELECT error FROM received WHERE error IS NOT NULL"))
        self.assertEqual(len(deeds("")), await self.value("SELECT count(*) FROM received"))

    async def test_what_is_counted(self) -> None:
        """Misskey's reactions and boosts count while they stand, one of each a person."""
        for document in misskey(self.fid):
            await self.tell(MISSKEY, document)
        counted = await self.told("SELECT kind || ' ' || fid FROM remote_deed ORDER BY kind")
        self.assertEqual(
            ["boost https://mk.example/notes/9g/activity", "favorite https://mk.example/likes/9f"], counted
        )

    async def test_our_follows_there(self) -> None:
        """Misskey accepts by the id that we gave, refuses afterwards by one that it makes up, and is understood."""
        mine = f"{HOME_URL}/actors/alice"
        me, them = [await self.value("SELECT id FROM actor WHERE fid = %s", fid) for fid in (mine, MISSKEY.fid)]
        await self.a_follow(me, actor=them, approved=None)
        wish = {"type": "Follow", "actor": mine, "object": MISSKEY.fid}
        given = await self.value("SELECT fid FROM follow")
        for type, id, approved in (
            ("Accept", given, True), ("Reject", "https://mk.example/follows/9def/9abc", False),
        ):  # fmt: skip
            told = MISSKEY.says(type, {"id": id, **wish}, f"{type}-858e5d04-f063-48f7-a75a-69edab66b599")
            await self.tell(MISSKEY, told, "/federation/actors/alice/inbox")
            self.assertIs(approved, await self.value("SELECT approved FROM follow"))

    async def test_reports(self) -> None:
        """Moderators get each, about the post where one is named; texts and things within are read alike."""
        for program, document in deeds(self.fid):
            if document["type"] == "Flag":
                await self.tell(program, document)
        found = await self.told("SELECT target_kind || ' ' || summary FROM report ORDER BY id")
        self.assertEqual(
            ["track Not nice", "track naughty", "track Hm", "channel Report: https://mk.example/admin"], found
        )

    async def test_farewells_of_strangers(self) -> None:
        """Mastodon tells everybody who is gone, with keys that nobody can get any more: 202, and nobody is asked."""
        for number in range(20):
            gone = f"https://masto.example/users/gone{number}"
            stranger = Program(gone, "#main-key", MASTODON.names)
            document = stranger.says("Delete", gone, f"users/gone{number}#delete", to=[PUBLIC], signature=LINKED_DATA)
            body = orjson.dumps(document)
            bare = a_request("POST", INBOX, body, time.time(), content_type=ACTIVITY)
            signed = by_cavage(bare, a_key(number=9), MASTODON.names, key_id=f"{gone}#main-key")
            told = {name.title(): values[0] for name, values in signed.headers.items()}
            self.assertEqual(202, (await self.served.ask("POST", INBOX, told, body)).status)
        self.assertEqual(0, await self.value("SELECT count(*) FROM received"))


async def _channel(tx: Any, uuid: UUID) -> tuple[int, int]:
    """The library and the artist of a channel."""
    found: tuple[int, int] = await tx.one(
        lambda *ids: ids, "SELECT library_id, artist_id FROM channel WHERE uuid = %s", uuid
    )
    return found
