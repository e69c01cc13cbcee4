"""
What happens to a post before it is answered: nothing but what must.

::

    post ─▶ who signed? ─▶ an activity? ─▶ only of themselves? ─▶ may they? ─▶ written down ─▶ 202
              401 403 429      400               401                dropped

The limit by address comes first, the one by the signer's server right after the signature.
Source: docs/federation.md §1.7, §8.2, §8.4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred

from fwtwisted.core.pod.limits import network_of
from fwtwisted.db.fediverse import receivers
from fwtwisted.db.fediverse.received import NewPost
from fwtwisted.db.pool import Database
from fwtwisted.model.errors import BadRequest, Gone, NotFound, Throttled, Unavailable
from fwtwisted.model.federation import Idle, Signer
from fwtwisted.model.people import Pod
from fwtwisted.model.threads import Threads
from fwtwisted.wire.activitypub.acts import Act, act_of, check_origins, is_farewell, sameness
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.places import is_web
from fwtwisted.wire.activitypub.strict import belongs_in_a_thread, strict
from fwtwisted.wire.signatures.received import Digests, Received

Spend = Callable[[str, str], Awaitable[Any]]
"""Counts one deed of a scope by somebody; raises Throttled."""


class Verifying(Protocol):
    """Believes signatures, or not: ``core.fediverse.keys.verifying``."""

    async def signer(
        self,
        request: Received,
        *,
        activity_actor: str | None,
        deletes_itself: bool = False,
        document: Mapping[str, Any] | None = None,
    ) -> Signer:
        """See there."""

    async def forget(self, request: Received) -> None:
        """See there."""


class Permitting(Protocol):
    """Knows who is shut out: ``core.fediverse.moderation.policies``."""

    async def permit_activity(self, activity: Mapping[str, Any]) -> bool:
        """See there."""


class Writing(Protocol):
    """Writes down what was accepted: :mod:`fwtwisted.core.fediverse.receiving.ledger`."""

    def write(self, post: NewPost) -> Deferred[None]:
        """See there."""


@frozen
class Post:
    """
    A post as it came.

    :ivar request: its head; the digests are added here.
    :ivar username: whose inbox it reached; None: the one for everybody.
    """

    request: Callable[[Digests], Received]
    address: str
    body: bytes
    username: str | None = None


class Intake:
    """Takes in what other servers post."""

    def __init__(
        self,
        database: Database,
        verifying: Verifying,
        policies: Permitting,
        ledger: Writing,
        spend: Spend,
        threads: Threads,
        pod: Pod,
    ) -> None:
        self._database, self._verifying, self._policies = database, verifying, policies
        self._ledger, self._spend, self._threads, self._pod = ledger, spend, threads, pod

    async def take(self, post: Post) -> None:
        """
        Take a post in; when this returns, it will have its effect, or has none.

        :raise Unauthenticated: nobody whom we believe signed it, or it speaks for others.
        :raise ShutOut: moderators shut the signer out.  :raise BadRequest: it is signed, and no activity.
        :raise Throttled:  :raise NotFound: :raise Gone: nobody has this inbox, or not any more.
        """
        await self._spend("inbox", f"address {network_of(post.address)}")
        inbox_of_id = None if post.username is None else await self._owner(post.username)
        digests, document = await self._read(post.body)
        doc, request = None if document is None else Doc(document), post.request(digests)
        try:
            signer = await self._verifying.signer(
                request,
                activity_actor=_actor_of(doc),
                deletes_itself=doc is not None and is_farewell(doc),
                document=document,
            )
        except Idle:
            return
        try:
            await self._spend("inbox", f"host {signer.actor.domain}")
            await self._accept(doc, signer, inbox_of_id, post.body)
        except (Throttled, Unavailable, CancelledError):  # the last: who posts has hung up, and may come again at once
            await self._verifying.forget(request)
            raise

    async def _accept(self, doc: Doc | None, signer: Signer, inbox_of_id: int | None, body: bytes) -> None:
        """Write down what somebody signed, if it is an activity that they may tell."""
        if doc is None:
            raise BadRequest("The body is not a JSON object that is read here.")
        act = act_of(doc, self._pod.domain)
        check_origins(act)
        if await self._policies.permit_activity(doc.raw):
            await self._ledger.write(_new_post(act, signer, inbox_of_id, body))

    async def _owner(self, username: str) -> int:
        """Whose inbox it is."""
        domain = self._pod.domain
        owner = await self._database.read(lambda tx: receivers.inbox_owner(tx, username, domain))
        if owner is None:
            raise NotFound
        if owner.is_gone:
            raise Gone
        return owner.id

    async def _read(self, body: bytes) -> tuple[Digests, dict[str, Any] | None]:
        """The body's digests, and what it holds; None: nothing that is read."""
        if belongs_in_a_thread(body):
            read: tuple[Digests, dict[str, Any] | None] = await self._threads(_read, body)
            return read
        return _read(body)


def _read(body: bytes) -> tuple[Digests, dict[str, Any] | None]:
    digests = Digests.of(body)
    try:
        return digests, strict(body)
    except BadRequest:  # told to nobody before we know who asks
        return digests, None


def _actor_of(doc: Doc | None) -> str | None:
    """Whom an activity says it comes from."""
    named = None if doc is None else doc.link("actor")
    return named if is_web(named) else None


def _new_post(act: Act, signer: Signer, inbox_of_id: int | None, body: bytes) -> NewPost:
    return NewPost(
        sameness=sameness(act, body),
        fid=act.fid,
        host=signer.actor.domain,
        actor_id=signer.actor.id,
        inbox_of_id=inbox_of_id,
        type=act.type[:100],
        object_fid=act.about,
        body=body.decode("utf-8-sig"),
    )
