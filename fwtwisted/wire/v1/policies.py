"""
Policies, other servers and those who live there as documents, and what moderators send and ask of them.

Source: docs/api.md §4.17 and §4.19.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.moderation import ActorQuestion, Blocked, KnownActor, KnownServer, ServerAct, ServerQuestion, Stats
from fwtwisted.model.policies import (
    LONGEST_DOMAIN,
    Policy,
    PolicyChange,
    PolicyQuestion,
    PolicyTarget,
    Switch,
)
from fwtwisted.model.uploads import TokenQuery
from fwtwisted.wire.fields import REQUIRED, Fields, whole_number
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1 import Document, Query, last, when, when_or_none
from fwtwisted.wire.v1.administration import MOST_OBJECTS, admin_actor, member
from fwtwisted.wire.v1.people import actor
from fwtwisted.wire.v1.questions import lenient_order, search_words, truth

LONGEST_REASON = 10_000
LONGEST_HANDLE = 400
PURGE = "purge"
ALL = "all"
TARGETS = ("domain", "actor")
NO_TARGET = "Name a server, {type: domain, id: pod.example}, or an actor, {type: actor, id: user@pod.example}."


# --- documents -----------------------------------------------------------------------------------


def policy(known: Policy) -> Document:
    """What moderators decided."""
    return {
        "id": known.id,
        "uuid": str(known.uuid),
        "target": {"type": "actor" if known.target.is_actor else "domain", "id": known.target.name},
        "creation_date": when(known.creation_date),
        "actor": known.actor.full_username,
        "summary": known.summary,
        "is_active": known.is_active,
        **{switch.value: switch in known.switches for switch in Switch},
    }


def server(known: KnownServer) -> Document:
    """Another server."""
    return {
        "name": known.name,
        "creation_date": when(known.creation_date),
        "actors_count": known.actors_count,
        "outbox_activities_count": known.outbox_activities_count,
        "nodeinfo": nodeinfo(known),
        "nodeinfo_fetch_date": when_or_none(known.nodeinfo_fetch_date),
        "instance_policy": known.policy,
        "allowed": known.allowed,
    }


def nodeinfo(known: KnownServer, *, answered: bool = True) -> Document:
    """What a server says of itself.  :param answered: False: it was asked just now, and said nothing."""
    if not answered:
        return {"status": "error", "error": "The server does not say what it is."}
    return {"status": "ok", "payload": dict(known.nodeinfo)} if known.nodeinfo else {}


def known_actor(known: KnownActor) -> Document:
    """Somebody here or elsewhere."""
    return {
        **admin_actor(known.actor),
        "uploads_count": known.uploads_count,
        "user": None if known.account is None else member(known.account, known.actor),
        "instance_policy": known.policy,
    }


def stats(known: Stats) -> Document:
    """What there is of somebody, or of a server."""
    return dict(known.counts)


def blocked(known: Blocked) -> Document:
    """Whom one of our people blocks."""
    return {"uuid": str(known.uuid), "target": actor(known.target), "creation_date": when(known.creation_date)}


# --- questions -----------------------------------------------------------------------------------


def _searched(query: Query) -> TokenQuery | None:
    text = (last(query, "q") or "").strip()
    return token_query(text) if text else None


def policy_question(query: Query) -> PolicyQuestion:
    """Which policies a list's parameters ask for."""
    switches = {switch: truth(query, switch.value) for switch in Switch}
    username, domain = last(query, "target_account_username"), last(query, "target_account_domain")
    return PolicyQuestion(
        domain=last(query, "target_domain") or None,
        account=(username or None, domain or None),
        switches={switch: is_on for switch, is_on in switches.items() if is_on is not None},
        words=search_words(query),
        ordering=tuple(lenient_order(query)),
    )


def server_question(query: Query) -> ServerQuestion:
    """Which servers a list's parameters ask for."""
    return ServerQuestion(_searched(query), truth(query, "allowed"), None, tuple(lenient_order(query)))


def actor_question(query: Query) -> ActorQuestion:
    """Which actors a list's parameters ask for."""
    return ActorQuestion(
        q=_searched(query),
        domain=last(query, "domain") or None,
        type=last(query, "type") or None,
        manually_approves_followers=truth(query, "manually_approves_followers"),
        is_local=truth(query, "local"),
        ordering=tuple(lenient_order(query)),
    )


# --- what is to be done --------------------------------------------------------------------------


def policy_wish(document: Mapping[str, Any]) -> tuple[PolicyTarget, PolicyChange]:
    """A new policy.  :raise Invalid:"""
    fields = Fields(document)
    target = _target(fields, document.get("target"))
    said = _said(fields)
    fields.check()
    assert target is not None
    return target, said


def policy_change(document: Mapping[str, Any]) -> PolicyChange:
    """Another word about the same target; other names are ignored.  :raise Invalid:"""
    fields = Fields(document)
    said = _said(fields)
    fields.check()
    return said


def _said(fields: Fields) -> PolicyChange:
    has_summary = fields.has("summary")
    return PolicyChange(
        switches={switch: fields.flag(switch.value) for switch in Switch if fields.has(switch.value)},
        is_active=fields.flag("is_active") if fields.has("is_active") else None,
        summary=(fields.text_or_none("summary", LONGEST_REASON) or None) if has_summary else None,
        has_summary=has_summary,
    )


def _target(fields: Fields, value: object) -> PolicyTarget | None:
    name = value.get("id") if isinstance(value, dict) else None
    kind = value.get("type") if isinstance(value, dict) else None
    is_fit = isinstance(name, str) and 0 < len(name) <= LONGEST_HANDLE and "\0" not in name
    if not is_fit or kind not in TARGETS or (kind == "actor" and "@" not in str(name)):
        fields.refuse("target", REQUIRED if value is None else NO_TARGET)
        return None
    return PolicyTarget(str(name), kind == "actor")


@frozen
class ServerWish:
    """A server that is to be known.  :ivar allowed: on the allow list."""

    name: str
    allowed: bool | None


def server_wish(document: Mapping[str, Any]) -> ServerWish:
    """:raise Invalid:"""
    fields = Fields(document)
    name = fields.text("name", LONGEST_DOMAIN)
    allowed = _allowed(fields, document)
    fields.check()
    return ServerWish(name, allowed)


def server_change(document: Mapping[str, Any]) -> tuple[bool, bool | None]:
    """Whether anything is to change of a server, and then whether it is on the allow list.  :raise Invalid:"""
    fields = Fields(document)
    allowed = _allowed(fields, document)
    fields.check()
    return fields.has("allowed"), allowed


def _allowed(fields: Fields, document: Mapping[str, Any]) -> bool | None:
    return fields.flag("allowed") if document.get("allowed") is not None else None


def server_action(document: Mapping[str, Any]) -> tuple[ServerAct, ServerQuestion]:
    """What is to be done with which servers (§3.13).  :raise Invalid:"""
    action = document.get("action")
    if not isinstance(action, str) or action not in tuple(ServerAct):
        raise Invalid.on("action", REQUIRED if action is None else f"{str(action)[:100]} is not a valid action.")
    act, objects = ServerAct(action), document.get("objects")
    if objects == ALL:
        if act is ServerAct.PURGE:
            raise Invalid.on(NON_FIELD, f"The action {act} needs a list of objects.")
        return act, _filters(document.get("filters"))
    if not isinstance(objects, list) or not objects or len(objects) > MOST_OBJECTS:
        raise Invalid.on("objects", 'objects must be "all" or a list of names.')
    if not all(isinstance(one, str) and "\0" not in one for one in objects):
        raise Invalid.on("objects", "Servers are named by texts.")
    return act, ServerQuestion(names=tuple(one.lower() for one in objects))


def _filters(value: object) -> ServerQuestion:
    """The filters of an action: the list's parameters, as a document."""
    if value is None:
        return ServerQuestion()
    if not isinstance(value, dict):
        raise Invalid.on(NON_FIELD, "filters must be an object.")
    told = {name: [str(one).replace("\0", "")] for name, one in value.items() if one is not None}
    return server_question(told)


def actor_action(document: Mapping[str, Any]) -> list[int]:
    """The ids of actors of whom everything is to be removed (§3.13).  :raise Invalid:"""
    action, objects = document.get("action"), document.get("objects")
    if action != PURGE:
        raise Invalid.on("action", REQUIRED if action is None else f"{str(action)[:100]} is not a valid action.")
    if not isinstance(objects, list) or not objects or len(objects) > MOST_OBJECTS:
        raise Invalid.on("objects", "objects must be a list of ids.")
    ids = [whole_number(one) for one in objects]
    if None in ids:
        raise Invalid.on("objects", "Actors are named by whole numbers.")
    return [id for id in ids if id is not None]


def blocked_actor(document: Mapping[str, Any]) -> str:
    """Whom somebody wants to block, as ``user@domain``.  :raise Invalid: on ``target``."""
    target = document.get("target")
    name = target.get("full_username") if isinstance(target, dict) else target
    if not isinstance(name, str) or "@" not in name or "\0" in name or len(name) > LONGEST_HANDLE:
        raise Invalid.on("target", REQUIRED if target is None else "Actors are named as user@pod.example.")
    return name
