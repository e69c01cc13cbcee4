"""Actors of ours: people, channels, the pod itself; and what is left of them.  Source: docs/federation.md §2.5."""

from __future__ import annotations

from typing import Any, Final

from fwtwisted.model.published import Persona, Role
from fwtwisted.model.shown import Sort
from fwtwisted.wire.activitypub.contexts import CHANNEL, PLAIN, with_keys
from fwtwisted.wire.activitypub.writing.paper import HTML, Paper, html_of, link, moment
from fwtwisted.wire.v1 import Document

RSS: Final = "application/rss+xml"
TOMBSTONE: Final = "Tombstone"
TYPES: Final = {Role.PERSON: "Person", Role.CHANNEL: "Person", Role.SERVICE: "Service"}


def actor(persona: Persona, paper: Paper) -> Document:
    """
    An actor's document.

    All its addresses follow from its id, whatever was once written into columns.
    """
    fid = persona.actor.fid
    context = CHANNEL if persona.role is Role.CHANNEL else PLAIN
    summary = html_of(persona.summary, persona.summary_type)
    return {
        "@context": list(context if persona.proof_key is None else with_keys(context)),
        "id": fid,
        "type": TYPES[persona.role],
        "preferredUsername": persona.actor.preferred_username,
        "name": persona.name,
        **({} if summary is None else {"summary": summary}),
        "url": _urls(persona, paper),
        "inbox": f"{fid}/inbox",
        "outbox": f"{fid}/outbox",
        "followers": followers(fid),
        "following": f"{fid}/following",
        "manuallyApprovesFollowers": persona.approves_by_hand,
        "published": moment(persona.actor.creation_date),
        "icon": paper.image(persona.picture),
        **_voice(persona, paper),
        **_keys(persona),
        "endpoints": {"sharedInbox": paper.pod.fid("shared/inbox")},
    }


def followers(fid: str) -> str:
    """The id of the collection of an actor's, or a library's, followers."""
    return f"{fid}/followers"


def page(persona: Persona, paper: Paper) -> str:
    """Where people look at an actor."""
    sort = Sort.CHANNEL if persona.role is Role.CHANNEL else Sort.PERSON
    return paper.page(sort, persona.actor.preferred_username)


def _urls(persona: Persona, paper: Paper) -> list[Document]:
    """The page first, which Mastodon takes; a feed for channels alone: whoever has one is a channel to Funkwhale."""
    urls = [link(HTML, page(persona, paper))]
    if persona.role is Role.CHANNEL:
        urls.append(link(RSS, f"{paper.pod.url}/api/v1/channels/{persona.actor.preferred_username}/rss"))
    return urls


def _voice(persona: Persona, paper: Paper) -> dict[str, Any]:
    """What channels have beside: they are public, so that others may list them and let people search what they say."""
    voice = persona.voice
    if voice is None:
        return {}
    shown = {"discoverable": True, "indexable": True}
    return {"attributedTo": voice.owner, "category": voice.category, "tag": paper.tags(voice.tags), **shown}


def _keys(persona: Persona) -> dict[str, Any]:
    fid = persona.actor.fid
    keys: dict[str, Any] = {}
    if persona.public_key is not None:
        keys["publicKey"] = {"id": f"{fid}#main-key", "owner": fid, "publicKeyPem": persona.public_key}
    if persona.proof_key is not None:
        shown = {"type": "Multikey", "controller": fid, "publicKeyMultibase": persona.proof_key.public}
        keys["assertionMethod"] = [{"id": persona.proof_key.id, **shown}]
    return keys


def tombstone(id: str) -> Document:
    """What stands where something was."""
    return {"@context": list(PLAIN), "id": id, "type": TOMBSTONE}
