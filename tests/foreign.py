"""Documents as other programs of the fediverse write them, and a stand-in for the servers that give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred

from fwtwisted.core.fediverse.asking import Page
from fwtwisted.model.federation import Answer, AskFailed

Document = dict[str, Any]

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
SECURITY = "https://w3id.org/security/v1"
FUNKWHALE = "https://funkwhale.audio/ns"
POD = "https://far.example"
OTHER_POD = "https://third.example"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg\n-----END PUBLIC KEY-----\n"
ALICE = f"{POD}/federation/actors/alice"
CHANNEL = f"{POD}/federation/actors/mycast"
LIBRARY = f"{POD}/federation/music/libraries/2a6c3a10-0000-4000-8000-000000000001"


class World:
    """
    Servers elsewhere, as whoever asks for documents meets them.

    :ivar documents: by address.  :ivar pages: HTML, likewise.  :ivar statuses: what is answered instead.
    :ivar holding: what has to fire before an address is answered.
     :ivar asked: every address that was asked.
    """

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.statuses: dict[str, int] = {}
        self.holding: dict[str, Deferred[None]] = {}
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.askers: list[int | None] = []

    def put(self, *documents: Document) -> None:
        """Have documents at their ids."""
        for document in documents:
            self.documents[document["id"]] = document

    async def ask(
        self, url: str, *, as_actor: int | None = None, largest: int = 1 << 20, fresh: bool = False, soon: bool = False
    ) -> Answer:
        """What ``Asking.document`` does."""
        self.asked.append(url)
        self.askers.append(as_actor)
        if url in self.holding:
            await self.holding[url]
        if url in self.statuses:
            raise AskFailed("http", "The server refuses.", status_code=self.statuses[url])
        document = self.documents.get(url)
        if document is None:
            raise AskFailed("http", "Not found.", status_code=404)
        return Answer(url, document)

    async def ask_page(self, url: str, *, as_actor: int | None = None) -> Answer | Page:
        """What ``Asking.document_or_page`` does."""
        if url in self.pages:
            return Page(url, self.pages[url].encode())
        return await self.ask(url, as_actor=as_actor)

    async def ask_json(self, url: str, accept: str, largest: int = 1 << 16) -> Answer:
        """What ``Asking.json`` does."""
        return await self.ask(url)

    def name(self, handle: str, id: str) -> None:
        """Have a server answer WebFinger."""
        host = handle.partition("@")[2]
        self.documents[f"https://{host}/.well-known/webfinger?resource=acct:{handle}"] = {
            "subject": f"acct:{handle}",
            "links": [
                {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": f"{id}/page"},
                {"rel": "self", "type": "application/activity+json", "href": id},
            ],
        }


def changed(document: Mapping[str, Any], **members: Any) -> Document:
    """The same with other members."""
    return {**document, **members}


# --- people --------------------------------------------------------------------------------------


def funkwhale_actor(fid: str = ALICE, **members: Any) -> Document:
    """A person on a Funkwhale pod."""
    name = fid.rpartition("/")[2]
    return {
        "@context": [AS, SECURITY, {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers"}],
        "id": fid,
        "type": "Person",
        "preferredUsername": name,
        "name": name.title(),
        "summary": None,
        "icon": None,
        "url": [{"type": "Link", "href": f"{fid}/page", "mediaType": "text/html"}],
        "inbox": f"{fid}/inbox",
        "outbox": f"{fid}/outbox",
        "followers": f"{fid}/followers",
        "following": f"{fid}/following",
        "manuallyApprovesFollowers": False,
        "published": "2024-01-02T03:04:05.678901+00:00",
        "publicKey": {"id": f"{fid}#main-key", "owner": fid, "publicKeyPem": PEM},
        "endpoints": {"sharedInbox": f"{POD}/federation/shared/inbox"},
        **members,
    }


def funkwhale_channel(fid: str = CHANNEL, **members: Any) -> Document:
    """A channel on a Funkwhale pod."""
    name = fid.rpartition("/")[2]
    return funkwhale_actor(
        fid,
        **{
            "@context": [AS, SECURITY, FUNKWHALE, {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers"}],
            "name": "My cast",
            "summary": "<p>Words</p>",
            "attributedTo": ALICE,
            "category": "podcast",
            "tag": [{"type": "Hashtag", "name": "#talk"}, {"type": "Hashtag", "name": "#Jazz"}],
            "icon": {"type": "Image", "mediaType": "image/jpeg", "url": f"{POD}/media/cover.jpg"},
            "url": [
                {"type": "Link", "mediaType": "text/html", "href": f"{POD}/channels/{name}"},
                {"type": "Link", "mediaType": "application/rss+xml", "href": f"{POD}/api/v1/channels/{name}/rss"},
            ],
            **members,
        },
    )


def mastodon_actor() -> Document:
    """A person on Mastodon: ``url`` is text, an icon, a banner, fields."""
    fid = "https://masto.example/users/bob"
    return {
        "@context": [AS, SECURITY, {"toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable"}],
        "id": fid,
        "type": "Person",
        "following": f"{fid}/following",
        "followers": f"{fid}/followers",
        "inbox": f"{fid}/inbox",
        "outbox": f"{fid}/outbox",
        "preferredUsername": "bob",
        "name": "",
        "summary": "<p>Hello</p>",
        "url": "https://masto.example/@bob",
        "manuallyApprovesFollowers": True,
        "discoverable": True,
        "published": "2020-05-01T00:00:00Z",
        "publicKey": {"id": f"{fid}#main-key", "owner": fid, "publicKeyPem": PEM},
        "tag": [],
        "attachment": [{"type": "PropertyValue", "name": "Web", "value": "x"}],
        "endpoints": {"sharedInbox": "https://masto.example/inbox"},
        "icon": {"type": "Image", "mediaType": "image/png", "url": "https://files.masto.example/bob.png"},
    }


def pleroma_actor() -> Document:
    """A person on Pleroma: the litepub context, emoji among the tags, an icon without a type."""
    fid = "https://ple.example/users/eve"
    return {
        "@context": [AS, "https://ple.example/schemas/litepub-0.1.jsonld", {"@language": "und"}],
        "alsoKnownAs": [],
        "attachment": [],
        "capabilities": {"acceptsChatMessages": True},
        "discoverable": False,
        "endpoints": {"sharedInbox": "https://ple.example/inbox", "uploadMedia": "https://ple.example/api/media"},
        "followers": f"{fid}/followers",
        "following": f"{fid}/following",
        "icon": {"type": "Image", "url": "https://ple.example/media/eve.png"},
        "id": fid,
        "inbox": f"{fid}/inbox",
        "manuallyApprovesFollowers": False,
        "name": "Eve :cat:",
        "outbox": f"{fid}/outbox",
        "preferredUsername": "eve",
        "publicKey": {"id": f"{fid}#main-key", "owner": fid, "publicKeyPem": PEM},
        "summary": "",
        "tag": [
            {
                "icon": {"type": "Image", "url": "https://ple.example/emoji/cat.png"},
                "id": "https://ple.example/emoji/cat.png",
                "name": ":cat:",
                "type": "Emoji",
                "updated": "1970-01-01T00:00:00Z",
            }
        ],
        "type": "Person",
        "url": fid,
    }


def reel2bits_channel() -> Document:
    """A person on reel2bits: a feed makes a channel of them, and nobody is named as its owner."""
    fid = "https://reel.example/user/dave"
    return {
        "@context": [AS, SECURITY, {"Hashtag": "as:Hashtag", "manuallyApprovesFollowers": "as:x"}],
        "id": fid,
        "type": "Person",
        "preferredUsername": "dave",
        "name": "Dave",
        "inbox": f"{fid}/inbox",
        "outbox": f"{fid}/outbox",
        "followers": f"{fid}/followers",
        "following": f"{fid}/followings",
        "summary": None,
        "manuallyApprovesFollowers": False,
        "publicKey": {"id": f"{fid}#main-key", "owner": fid, "publicKeyPem": PEM},
        "endpoints": {"sharedInbox": "https://reel.example/inbox"},
        "url": [
            {"type": "Link", "mediaType": "text/html", "href": "https://reel.example/dave"},
            {"type": "Link", "mediaType": "application/rss+xml", "href": "https://reel.example/api/dave/rss"},
        ],
    }


def named_by_webfinger() -> Document:
    """An actor without ``preferredUsername``, named as FEP-2c59 says."""
    fid = "https://wf.example/ap/1"
    return {
        "@context": [AS, "https://purl.archive.org/socialweb/webfinger"],
        "id": fid,
        "type": "Group",
        "webfinger": "acct:team@wf.example",
        "inbox": f"{fid}/inbox",
        "outbox": f"{fid}/outbox",
    }


# --- music ---------------------------------------------------------------------------------------


def artist(number: int = 1, pod: str = POD, **members: Any) -> Document:
    """An artist as both versions of Funkwhale write it."""
    return {
        "type": "Artist",
        "id": f"{pod}/federation/music/artists/{number:08}-0000-4000-8000-000000000001",
        "name": f"Artist {number}",
        "published": "2024-01-02T03:04:05+00:00",
        "musicbrainzId": None,
        "attributedTo": f"{pod}/federation/actors/alice",
        "tag": [],
        "image": None,
        **members,
    }


def credit(who: Document, joinphrase: str = "", **members: Any) -> Document:
    """An artist as named in Funkwhale 2."""
    return {
        "type": "ArtistCredit",
        "id": f"{who['id']}/credit",
        "artist": who,
        "joinphrase": joinphrase,
        "credit": who["name"],
        "index": 0,
        "published": "2024-01-02T03:04:05+00:00",
        **members,
    }


def album(number: int = 1, pod: str = POD, **members: Any) -> Document:
    """An album as Funkwhale 1 writes it."""
    return {
        "type": "Album",
        "id": f"{pod}/federation/music/albums/{number:08}-0000-4000-8000-000000000002",
        "name": f"Album {number}",
        "published": "2024-01-02T03:04:05+00:00",
        "musicbrainzId": None,
        "released": "2020-02-02",
        "artists": [artist(1, pod)],
        "attributedTo": f"{pod}/federation/actors/alice",
        "tag": [{"type": "Hashtag", "name": "#Rock"}],
        "image": {"type": "Image", "mediaType": "image/jpeg", "url": f"{pod}/media/album-{number}.jpg"},
        **members,
    }


def track(number: int = 1, pod: str = POD, **members: Any) -> Document:
    """A track as Funkwhale 1 writes it."""
    return {
        "type": "Track",
        "id": f"{pod}/federation/music/tracks/{number:08}-0000-4000-8000-000000000003",
        "name": f"Track {number}",
        "published": "2024-01-02T03:04:05+00:00",
        "musicbrainzId": None,
        "position": number,
        "disc": 1,
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "copyright": "Somebody",
        "artists": [artist(1, pod)],
        "album": album(1, pod),
        "attributedTo": f"{pod}/federation/actors/alice",
        "tag": [{"type": "Hashtag", "name": "#Punk"}],
        "content": "<p>About it</p>",
        "mediaType": "text/html",
        "image": None,
        **members,
    }


def upload(number: int = 1, pod: str = POD, library: str = LIBRARY, **members: Any) -> Document:
    """A file in a library as Funkwhale 1 writes it."""
    id = f"{number:08}-0000-4000-8000-000000000004"
    return {
        "type": "Audio",
        "id": f"{pod}/federation/music/uploads/{id}",
        "library": library,
        "name": "Artist - Album - Title",
        "attributedTo": f"{pod}/federation/actors/alice",
        "to": PUBLIC,
        "published": "2024-01-02T03:04:05+00:00",
        "updated": "2024-01-02T03:04:05+00:00",
        "bitrate": 320000,
        "size": 8656581,
        "duration": 213,
        "url": [
            {"type": "Link", "mediaType": "audio/mpeg", "href": f"{pod}/api/v1/listen/x/?upload={id}&download=false"},
            {"type": "Link", "mediaType": "text/html", "href": f"{pod}/library/tracks/{number}"},
        ],
        "track": track(number, pod),
        **members,
    }


def upload2(number: int = 1, pod: str = POD, library: str = LIBRARY, **members: Any) -> Document:
    """The same as Funkwhale 2 writes it: artists by credits, the length as a duration."""
    who, guest = artist(1, pod), artist(2, pod)
    theirs = album(1, pod, artist_credit=[credit(who)])
    theirs.pop("artists")
    sung = track(number, pod, artist_credit=[credit(who, " feat. "), credit(guest)], album=theirs)
    sung.pop("artists")
    return upload(number, pod, library, duration="PT3M33S", track=sung, **members)


def library(fid: str = LIBRARY, **members: Any) -> Document:
    """A library as Funkwhale 1 writes it."""
    return {
        "@context": [AS, SECURITY, FUNKWHALE],
        "type": "Library",
        "id": fid,
        "attributedTo": ALICE,
        "name": "My music",
        "summary": "All of it",
        "audience": PUBLIC,
        "followers": f"{fid}/followers",
        "totalItems": 2,
        "current": f"{fid}?page=1",
        "first": f"{fid}?page=1",
        "last": f"{fid}?page=1",
        **members,
    }


def library2(fid: str = LIBRARY, **members: Any) -> Document:
    """The same as Funkwhale 2 writes it: without followers and summary."""
    return {name: value for name, value in library(fid, **members).items() if name not in ("followers", "summary")}


def page(*items: Any, fid: str = LIBRARY, number: int = 1, **members: Any) -> Document:
    """A page of a library."""
    return {
        "@context": [AS, SECURITY, FUNKWHALE],
        "type": "CollectionPage",
        "id": f"{fid}?page={number}",
        "partOf": fid,
        "attributedTo": ALICE,
        "totalItems": len(items),
        "first": f"{fid}?page=1",
        "last": f"{fid}?page=1",
        "items": list(items),
        **members,
    }


def episode(number: int = 1, channel: str = CHANNEL, **members: Any) -> Document:
    """What a channel publishes, as Funkwhale 1 writes it."""
    id = f"{number:08}-0000-4000-8000-000000000005"
    return {
        "@context": [AS, SECURITY, FUNKWHALE],
        "type": "Audio",
        "id": f"{POD}/federation/music/uploads/{id}",
        "name": f"Episode {number}",
        "attributedTo": channel,
        "to": PUBLIC,
        "cc": f"{channel}/followers",
        "published": "2024-03-02T03:04:05+00:00",
        "url": [
            {"type": "Link", "mediaType": "text/html", "href": f"{POD}/library/tracks/{number}"},
            {
                "type": "Link",
                "mediaType": "audio/mpeg",
                "bitrate": 128000,
                "size": 4000,
                "href": f"{POD}/api/v1/listen/{id}/?upload={id}&download=false",
            },
        ],
        "duration": 60,
        "position": number,
        "disc": 1,
        "content": "<p>What it is about</p>",
        "mediaType": "text/html",
        "image": None,
        "tag": [{"type": "Hashtag", "name": "#talk"}],
        "summary": "#talk",
        **members,
    }


def create(thing: Document, number: int = 1) -> Document:
    """The activity that published it."""
    return {
        "@context": [AS, SECURITY, FUNKWHALE],
        "type": "Create",
        "id": f"{thing['id']}/activity/{number}",
        "actor": thing["attributedTo"],
        "object": thing,
    }
