"""
The contexts of documents that we write.

Funkwhale resolves every context before it reads a document, and knows only a few without the network; JSON-LD servers
fetch every URL that they do not ship.  So purely musical documents name Funkwhale's context as Funkwhale does, and
those that the whole fediverse reads spell out the few terms of it that they use.  A server that cannot fetch a context
answers an error, and nothing of what it was told has an effect.
Source: docs/federation.md §1.6, §2.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Context: TypeAlias = tuple[str | Mapping[str, Any], ...]

AS: Final = "https://www.w3.org/ns/activitystreams"
PUBLIC: Final = f"{AS}#Public"
SECURITY: Final = "https://w3id.org/security/v1"
FUNKWHALE: Final = "https://funkwhale.audio/ns"
NAMESPACE: Final = f"{FUNKWHALE}#"

_NUMBER: Final = "xsd:nonNegativeInteger"
SMALL: Final[Mapping[str, Any]] = {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "Hashtag": "as:Hashtag"}


def _id(name: str) -> Mapping[str, str]:
    return {"@id": f"fw:{name}", "@type": "@id"}


# Every term of the vocabulary that we write, those of Funkwhale 2 among them.
TERMS: Final[Mapping[str, Any]] = {
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "fw": NAMESPACE,
    "schema": "http://schema.org#",
    "Album": "fw:Album",
    "Track": "fw:Track",
    "Artist": "fw:Artist",
    "ArtistCredit": "fw:ArtistCredit",
    "Library": "fw:Library",
    "bitrate": {"@id": "fw:bitrate", "@type": _NUMBER},
    "size": {"@id": "fw:size", "@type": _NUMBER},
    "position": {"@id": "fw:position", "@type": _NUMBER},
    "disc": {"@id": "fw:disc", "@type": _NUMBER},
    "index": {"@id": "fw:index", "@type": _NUMBER},
    "library": _id("library"),
    "track": _id("track"),
    "album": _id("album"),
    "artist": _id("artist"),
    "license": _id("license"),
    "cover": {"@id": "fw:cover", "@type": "as:Link"},
    "artists": {"@id": "fw:artists", "@type": "@id", "@container": "@list"},
    "artist_credit": {"@id": "fw:artist_credit", "@type": "@id", "@container": "@list"},
    "released": {"@id": "fw:released", "@type": "xsd:date"},
    "musicbrainzId": "fw:musicbrainzId",
    "copyright": "fw:copyright",
    "joinphrase": "fw:joinphrase",
    "credit": "fw:credit",
    "category": "schema:category",
    "language": "schema:inLanguage",
}
_POSTED: Final = (
    "xsd",
    "fw",
    "schema",
    "bitrate",
    "size",
    "position",
    "disc",
    "album",
    "license",
    "copyright",
    "category",
)
# What Funkwhale 1.x's copy of its context lacks; without it they are no words to whoever reads with that copy.
_LATER: Final = ("xsd", "fw", "ArtistCredit", "artist_credit", "artist", "index", "joinphrase", "credit")
# FEP-521a: Multikey, without the context that nobody ships.
_MULTIKEY: Final[Mapping[str, Any]] = {
    "sec": "https://w3id.org/security#",
    "Multikey": "sec:Multikey",
    "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
    "controller": {"@id": "sec:controller", "@type": "@id"},
    "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
}

# Without terms of Funkwhale's: people, follows, answers, collections of ids, notes.
PLAIN: Final[Context] = (AS, SECURITY, SMALL)
# Of Funkwhale's own types: libraries and their pages, tracks, albums, artists, files of libraries.
MUSIC: Final[Context] = (AS, SECURITY, FUNKWHALE, {**SMALL, **{name: TERMS[name] for name in _LATER}})
# Read by everybody, with a few of the terms: channels and what they publish.
POSTED: Final[Context] = (AS, SECURITY, {**SMALL, **{name: TERMS[name] for name in _POSTED}})
# A channel itself, which directories and searches of others may show (Mastodon asks for leave).
CHANNEL: Final[Context] = (
    AS,
    SECURITY,
    {
        **SMALL,
        **{name: TERMS[name] for name in _POSTED},
        "toot": "http://joinmastodon.org/ns#",
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
    },
)
# Of the same types, for whoever does not ship Funkwhale's context.
SPELLED_OUT: Final[Context] = (AS, SECURITY, {**SMALL, **TERMS})


def naming(*types: str) -> Context:
    """For a document that names things by their ids and types, and says nothing of them."""
    ours = {name: TERMS[name] for name in types if name in TERMS}
    return (AS, SECURITY, {**SMALL, "fw": NAMESPACE, **ours}) if ours else PLAIN


def with_keys(context: Context) -> Context:
    """The same, for an actor that shows an Ed25519 key."""
    *urls, terms = context
    assert isinstance(terms, Mapping)
    return (*urls, {**terms, **_MULTIKEY})


def served() -> dict[str, Any]:
    """The terms of documents that we write, as a context document of our own."""
    return {"@context": {"as": f"{AS}#", **SMALL, **TERMS}}
