"""
How actors are found by what people call them: WebFinger and host-meta.

Source: docs/federation.md §2.3; RFC 7033; RFC 6415; FEP-d556.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from attrs import frozen

from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.model.people import Pod
from fwtwisted.model.published import Persona
from fwtwisted.wire.activitypub.contexts import AS
from fwtwisted.wire.activitypub.writing.actors import page
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.v1 import Document

JRD: Final = "application/jrd+json"
XRD: Final = "application/xrd+xml"
ACTIVITY: Final = "application/activity+json"
PROFILE: Final = "http://webfinger.net/rel/profile-page"
SERVICE: Final = f"{AS}#Service"
LONGEST: Final = 1_000  # characters

_ACCOUNT = re.compile(r"acct:@?(?P<user>[^@/\s]{1,200})@(?P<host>[^@/\s]{1,255})", re.IGNORECASE)
_PLACES = (
    re.compile(r"/federation/actors/(?P<user>[^/]{1,200})"),
    re.compile(r"/@(?P<user>[^/@]{1,200})/?"),
    re.compile(r"/channels/(?P<user>[^/@]{1,200})/?"),
)


@frozen
class Server:
    """This pod itself was asked for.  :ivar asked: in these words."""

    asked: str


@frozen
class Handle:
    """An actor of this pod, by name."""

    username: str


def sought(resource: str | None, pod: Pod) -> Handle | Server:
    """
    What a ``resource`` means.

    :raise BadRequest: there is none, or it has no form that we know.  :raise NotFound: another server's.
    """
    if not resource or len(resource) > LONGEST:
        raise BadRequest("A resource is needed.")
    account = _ACCOUNT.fullmatch(resource)
    if account is not None:
        _check_host(account["host"], pod)
        return Handle(account["user"])
    return _at(resource, pod)


def _at(url: str, pod: Pod) -> Handle | Server:
    """What a URL means."""
    try:
        parts = urlsplit(url)
    except ValueError as why:
        raise BadRequest("This is no resource.") from why
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        raise BadRequest("This is no resource.")
    _check_host(parts.netloc, pod)
    if parts.path in ("", "/"):
        return Server(url)
    for place in _PLACES:
        found = place.fullmatch(unquote(parts.path))
        if found is not None:
            return Handle(found["user"])
    raise NotFound


def _check_host(host: str, pod: Pod) -> None:
    if host.lower().removesuffix(".") != pod.domain:
        raise NotFound


def webfinger(persona: Persona, paper: Paper) -> Document:
    """Where an actor is.  Mastodon asks again and wants exactly this subject."""
    fid, url = persona.actor.fid, page(persona, paper)
    return {
        "subject": f"acct:{persona.actor.preferred_username}@{paper.pod.domain}",
        "aliases": [fid, url],
        "links": [
            {"rel": "self", "type": ACTIVITY, "href": fid},
            {"rel": PROFILE, "type": "text/html", "href": url},
        ],
    }


def server(asked: Server, service: str) -> Document:
    """Where this pod's own actor is.  :param service: its federation id."""
    return {"subject": asked.asked, "links": [{"rel": SERVICE, "type": ACTIVITY, "href": service}]}


def _template(pod: Pod) -> str:
    return f"{pod.url}/.well-known/webfinger?resource={{uri}}"


def host_meta_json(pod: Pod) -> Document:
    """Where WebFinger is, for servers that read JSON."""
    return {"links": [{"rel": "lrdd", "type": JRD, "template": _template(pod)}]}


def host_meta(pod: Pod) -> bytes:
    """Where WebFinger is, for servers that ask."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="{JRD}" template="{_template(pod)}"/>\n'
        "</XRD>\n"
    ).encode()
