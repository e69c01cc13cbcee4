"""Actors: people, channels, servers, of whatever program.  Source: docs/federation.md §2.5, "Reading actors"."""

from __future__ import annotations

import re

from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import CATEGORIES
from fwtwisted.model.remote import SaidActor, SaidKey
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.links import feed, page, picture
from fwtwisted.wire.activitypub.reading.places import (
    ELSEWHERE,
    REQUIRED,
    fid_of,
    id_or_none,
    is_web,
    on_host_of,
    related,
    same_origin,
)
from fwtwisted.wire.activitypub.reading.words import tags
from fwtwisted.wire.addresses import host_of

ACTOR_TYPES = ("Person", "Service", "Application", "Group", "Organization")
TOMBSTONE = "Tombstone"
LONGEST_NAME = 200
LONGEST_USERNAME = 500
LONGEST_SUMMARY = 5_000
LONGEST_PEM = 5_000
MOST_KEYS = 10
MOST_ALIASES = 20
BAD_TYPE = "This is no actor."
BAD_USERNAME = "This is no user name."

_USERNAME = re.compile(r"[^\s@/?#\\<>\"]+")  # a server's own actor may be called like its host, port included


def is_actor(doc: Doc) -> bool:
    """Whether a document is of somebody; not of an activity, a key or a collection that calls itself so beside."""
    return len(doc.types) > 0 and set(doc.types) <= set(ACTOR_TYPES)


def actor(doc: Doc) -> SaidActor:
    """
    What an actor's document says.

    :raise Invalid: one of the few things that it must say is missing.
    """
    if not is_actor(doc):
        raise Invalid.on("type", BAD_TYPE)
    fid = fid_of(doc)
    owner = on_host_of(doc, "attributedTo", fid)
    return SaidActor(
        fid=fid,
        type=str(doc.type),
        username=_username(doc, fid),
        name=doc.line("name", LONGEST_NAME),
        summary=doc.text("summary", LONGEST_SUMMARY),
        url=page(doc),
        inbox=on_host_of(doc, "inbox", fid),
        outbox=on_host_of(doc, "outbox", fid),
        shared_inbox=_shared_inbox(doc, fid),
        followers=on_host_of(doc, "followers", fid),
        following=on_host_of(doc, "following", fid),
        manually_approves=doc.flag("manuallyApprovesFollowers"),
        published=doc.moment("published"),
        icon=picture(doc, "icon"),
        keys=keys(doc, fid),
        rss=feed(doc),
        category=_category(doc),
        owner=owner if owner != fid else None,
        tags=tags(doc),
        also_known_as=tuple(one for one in doc.ids("alsoKnownAs") if is_web(one))[:MOST_ALIASES],
    )


def _username(doc: Doc, fid: str) -> str:
    """``preferredUsername``, else the first part of FEP-2c59's ``webfinger``, which must be of this server."""
    name = doc.text("preferredUsername")
    if name is None:
        name, _, host = (doc.text("webfinger") or "").removeprefix("acct:").removeprefix("@").partition("@")
        if name and host.lower() != host_of(fid):
            raise Invalid.on("webfinger", ELSEWHERE)
    if not name:
        raise Invalid.on("preferredUsername", REQUIRED)
    if len(name) > LONGEST_USERNAME or not _USERNAME.fullmatch(name) or not name.isprintable():
        raise Invalid.on("preferredUsername", BAD_USERNAME)
    return name


def _shared_inbox(doc: Doc, fid: str) -> str | None:
    endpoints = doc.doc("endpoints")
    found = None if endpoints is None else id_or_none(endpoints, "sharedInbox")
    return found if found is not None and related(host_of(found), host_of(fid)) else None


def _category(doc: Doc) -> str:
    told = doc.text("category", 20)
    return told if told in CATEGORIES else CATEGORIES[0]


def keys(doc: Doc, fid: str) -> tuple[SaidKey, ...]:
    """
    The public keys of an actor, its main one first: those that say whose they are truly.

    A key of another origin, or of another owner, proves nothing and is passed over.  Source: docs/federation.md §1.4.
    """
    found: list[SaidKey] = []
    for one in doc.docs("publicKey")[:MOST_KEYS]:
        id, pem, owner = one.id, one.text("publicKeyPem"), one.link("owner")
        fits = id is not None and pem is not None and len(pem) <= LONGEST_PEM and owner in (None, fid)
        if fits and is_web(id) and same_origin(str(id), fid):
            found.append(SaidKey(str(id), owner, str(pem)))
    return tuple(found)


def tombstone(doc: Doc) -> str | None:
    """The id of what is gone, if that is what a document says."""
    return doc.id if doc.is_a(TOMBSTONE) and is_web(doc.id) else None
