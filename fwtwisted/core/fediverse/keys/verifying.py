"""
Finds out who a request comes from, the cheap refusals first.

::

    parsed? time? host? digest? ─▶ limits ─▶ one origin? ─▶ moderation ─▶ key ─▶ right? ─▶ its actor? ─▶ seen before?
    401                            429       401            403           401    401       401           202

Nothing that a stranger sends makes us ask another server before all that can be refused without it was refused; who
fails too often is not listened to for a while.  Checking runs in threads, many at a time.

**Limits.**  Failures are counted by the sender's address, and by the server that a signature names.  The first shuts
out; the second only keeps us from asking that server for keys, since anybody can name it: signatures by keys that we
have are still believed.  Who waits for a server that is asked takes room, of which there is so much (``anteroom``).
Source: docs/federation.md §1, §8.2, §8.3, §8.5.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from attrs import frozen

from fwtwisted.core.fediverse.keys.anteroom import Anteroom, room_of
from fwtwisted.core.fediverse.keys.mill import Mill
from fwtwisted.core.fediverse.keys.resolving import ActorKey, Resolving
from fwtwisted.core.pod.limits import network_of
from fwtwisted.model.errors import Throttled
from fwtwisted.model.federation import AskFailed, Forged, Idle, Signer, StillAsked, Unsigned, Untold
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.shared import Cache
from fwtwisted.outside.tallies import Tallies
from fwtwisted.wire.signatures import cavage, messages, proofs
from fwtwisted.wire.signatures.claims import Claim
from fwtwisted.wire.signatures.keys import PublicKey, has_signed, makes
from fwtwisted.wire.signatures.proofs import Proof
from fwtwisted.wire.signatures.received import Digests, Place, Received, Unsound

__all__ = ("Digests", "Place", "Received", "Verifying", "VerifyingGround")

VERIFY_AT_ONCE = 2
MOST_FAILURES, FAILURE_SPAN_SECONDS = 30, 60.0
REPLAY_SECONDS = 2 * 3600.0
UNTOLD_SECONDS = 61  # after which a server that did not tell a key is asked again
OLDEST_PROOF = timedelta(days=29)
"""What is older may have been forgotten (thirty days), and anybody could have it do its effect once more."""
FETCH_DELAY = "federation__actor_fetch_delay"  # minutes


class Permitting(Protocol):
    """Knows who is shut out: ``Policies``."""

    async def permit_url(self, url: str) -> None:
        """:raise ShutOut:"""

    async def permit_actor(self, fid: str, domain: str) -> None:
        """:raise ShutOut:"""


@frozen
class VerifyingGround:
    """
    What verifying stands on.

    :ivar place: where requests to us are addressed to.  :ivar now: seconds since the epoch.
    :ivar cache: remembers signatures, and ``tallies`` count failures, for all processes.
    """

    resolving: Resolving
    policies: Permitting
    preference: ReadPreference
    cache: Cache
    tallies: Tallies
    threads: Threads
    place: Place
    now: Callable[[], float]


@frozen
class _Check:
    """One sum: has this key signed one of these texts?"""

    key: PublicKey
    claim: Claim


@frozen
class _Believed:
    """A signature that is right."""

    key: ActorKey
    claim: Claim


class Verifying:
    """Believes signatures, or not."""

    def __init__(self, ground: VerifyingGround) -> None:
        self._ground, self._resolving = ground, ground.resolving
        self._mill: Mill[_Check, bool] = Mill(ground.threads, _is_right, VERIFY_AT_ONCE)
        self._anteroom = Anteroom()

    async def signer(
        self,
        request: Received,
        *,
        activity_actor: str | None,
        deletes_itself: bool = False,
        document: Mapping[str, Any] | None = None,
    ) -> Signer:
        """
        Who signed a request to an inbox.

        :param activity_actor: whom the activity says it comes from; the signer must be the same.  None: nobody can
            read that; the signature is checked all the same.
        :param deletes_itself: the activity is a Delete of its own actor.
        :param document: the activity: forwarded by somebody else, a proof in it may say that it is its actor's.
        :raise Unsigned: :raise Forged: 401.  :raise ShutOut: 403.  :raise Throttled: 429.
        :raise StillAsked: too many wait for their keys already: 503.
        :raise Untold: the key's server does not tell it now; whoever comes again in a minute is looked at again: 401.
        :raise Idle: it came before, or somebody is removed whom we never knew: 202, nothing is done.
        """
        claims = await self._claims(request)
        forwarded = activity_actor is not None and document is not None and proofs.bears_one(document)
        try:
            speaks_for = None if forwarded else activity_actor
            leaver = activity_actor if deletes_itself else None
            believed = await self._believed(request, claims, speaks_for, leaver)
            if isinstance(believed, Signer):
                return believed
            signer = Signer(believed.key.actor, believed.key.id)
            if activity_actor is not None and signer.actor.fid != activity_actor:
                if not forwarded or document is None:
                    raise Forged("The request is signed by somebody else than the actor of its activity.")
                with self._seated(request, self._resolving.origin(activity_actor)):
                    signer = await self.proven(document)
        except (Forged, Untold):
            await self._count(request, claims)
            raise
        await self._check_replay(believed.claim)
        return signer

    async def identified(self, request: Received) -> Signer | None:
        """
        Who signed a GET; None where it is not signed.

        :raise Forged: 401.  :raise ShutOut: 403.  :raise Throttled: 429.
        :raise StillAsked: their server has not told their key yet: 503, unless nobody need know who they are.
        """
        if not request.headers.get(cavage.HEADER) and not messages.is_used_by(request):
            return None
        claims = await self._claims(request)
        return await self._resolving.patiently(lambda: self._reader(request, claims))

    async def _reader(self, request: Received, claims: Sequence[Claim]) -> Signer:
        try:
            believed = await self._believed(request, claims, None)
        except (Forged, Untold):
            await self._count(request, claims)
            raise
        assert isinstance(believed, _Believed), "nobody deletes anything here"
        return Signer(believed.key.actor, believed.key.id)

    async def proven(self, document: Mapping[str, Any]) -> Signer:
        """
        Whose activity a document is by the proof within it (FEP-8b32), whoever passed it on.

        :raise Forged: the proof proves nothing.  :raise ShutOut:
        """
        fid = document.get("actor")
        if not isinstance(fid, str):
            raise Forged("The document does not say whose it is.")
        now = datetime.fromtimestamp(self._ground.now(), UTC)
        try:
            proof: Proof = await self._ground.threads(proofs.proof, document, now)
        except Unsound as why:
            raise Forged(str(why)) from why
        id, origin = document.get("id"), self._resolving.origin(fid)
        if not isinstance(id, str) or proof.created is None or proof.created < now - OLDEST_PROOF:
            raise Forged("A document that is passed on must have an id, and be proven when it was made, not long ago.")
        if self._resolving.origin(proof.key_id) != origin:
            raise Forged("The key of the proof is another server's.")
        if self._resolving.origin(id) != origin:
            raise Forged("The document is another server's than its actor.")
        await self._ground.policies.permit_url(fid)
        try:
            key = await self._resolving.asserting(fid, proof.key_id)
            if not await self._ground.threads(proof.is_made_by, key):
                raise Forged("The proof is not of this document.")
            actor = await self._resolving.actor(fid)
        except AskFailed as why:
            raise _untold(why) from why
        await self._ground.policies.permit_actor(actor.fid, actor.domain)
        return Signer(actor, proof.key_id)

    async def forget(self, request: Received) -> None:
        """What a request asked for could not be kept: let the very same come again."""
        try:
            claims = self._read(request)
        except (Unsigned, Unsound):
            return  # too old by now to come again
        await self._ground.cache.drop(*(_replay_key(claim) for claim in claims))

    # --- before any key --------------------------------------------------------------------------

    async def _claims(self, request: Received) -> Sequence[Claim]:
        """What the request's signatures claim, after all that needs no key.  :raise Forged: :raise Throttled:"""
        await self._check_limit(_by_address(request))
        try:
            return self._read(request)
        except Unsigned:
            raise
        except Unsound as why:
            await self._count(request, ())
            raise Forged(_sentence(str(why))) from why

    def _read(self, request: Received) -> Sequence[Claim]:
        place, now = self._ground.place, self._ground.now()
        if messages.is_used_by(request):
            return messages.claims(request, place, now)
        if not request.headers.get(cavage.HEADER):
            raise Unsigned
        return [cavage.claim(request, place, now)]

    async def _permitted(self, claim: Claim, activity_actor: str | None) -> None:
        """:raise Forged: key and actor are of two servers.  :raise ShutOut:"""
        origin = self._resolving.origin(claim.key_id)
        if activity_actor is not None and self._resolving.origin(activity_actor) != origin:
            raise Forged("The key is of another server than the actor of the activity.")
        await self._ground.policies.permit_url(claim.key_id)
        if activity_actor is not None:
            await self._ground.policies.permit_url(activity_actor)

    # --- the key ---------------------------------------------------------------------------------

    async def _believed(
        self, request: Received, claims: Sequence[Claim], activity_actor: str | None, leaver: str | None = None
    ) -> _Believed | Signer:
        """
        The first signature that is right, or who is gone.  One alone may have us ask other servers.

        :param leaver: whom the activity says to be gone, themselves.
        """
        for claim in claims:
            await self._permitted(claim, activity_actor)
        tried = []
        for claim in claims:
            known = await self._resolving.known(claim.key_id)
            if known is not None and await self._mill.do(_Check(known.key, claim)):
                return _Believed(await self._current(request, known, leaver), claim)
            tried.append(known)
        claim, known = claims[0], tried[0]  # not looked up again: by now another post may have brought a new one
        if known is None and leaver is not None and not await self._resolving.is_met(leaver):
            raise Idle("Somebody is removed whom nobody here knew.")
        origin = self._resolving.origin(claim.key_id)
        await self._check_limit(_by_server(origin))
        try:
            with self._seated(request, origin):
                key = await (self._resolving.found(claim.key_id) if known is None else self._resolving.refetched(known))
        except AskFailed as why:
            gone = None if leaver is None else await self._resolving.gone(leaver)
            if gone is None:
                raise _untold(why) from why
            return Signer(gone, claim.key_id, is_gone=True)
        if key is None or not await self._mill.do(_Check(key.key, claim)):
            raise Forged("The signature is not of this request, or of another key.")
        await self._ground.policies.permit_actor(key.actor.fid, key.actor.domain)
        return _Believed(key, claim)

    async def _current(self, request: Received, known: ActorKey, leaver: str | None) -> ActorKey:
        """
        A key that proved right, as its owner lists it today: what is old is looked at again first.

        Who says farewell lists none any more when we look: most servers forget them before they tell.

        :raise Forged: it is not listed any more.  :raise ShutOut:
        """
        await self._ground.policies.permit_actor(known.actor.fid, known.actor.domain)
        delay = 60.0 * float(await self._ground.preference(FETCH_DELAY))
        if known.actor.is_local or self._ground.now() - known.fetched.timestamp() <= delay:
            return known
        try:
            with self._seated(request, self._resolving.origin(known.actor.fid)):
                again = await self._resolving.refetched(known)
        except AskFailed as why:
            if why.is_gone and known.actor.fid != leaver:
                raise Forged("The owner of the key is gone.") from why
            return known  # their server does not answer us now, and talks to us
        except StillAsked:
            return known  # it is not asked now
        if again is None:
            return known
        raise Forged("The owner of the key has another one by now.")

    def _seated(self, request: Received, origin: str) -> AbstractContextManager[None]:
        """Room for a request while a server is asked.  :raise StillAsked: there is none."""
        names = [name for name in (_by_server(origin), _by_address(request)) if name is not None]
        return self._anteroom.seat(names, room_of(request.size_bytes))

    # --- what is remembered ----------------------------------------------------------------------

    async def _check_replay(self, claim: Claim) -> None:
        """:raise Idle: the very same came within two hours."""
        if not await self._ground.cache.add(_replay_key(claim), b"1", REPLAY_SECONDS):
            raise Idle("This came before.")

    async def _check_limit(self, key: str | None) -> None:
        """:raise Throttled: too much has failed."""
        if key is None:
            return
        (busy,) = await self._ground.tallies.busy([key])
        wait = busy - FAILURE_SPAN_SECONDS + FAILURE_SPAN_SECONDS / MOST_FAILURES
        if wait > FAILURE_SPAN_SECONDS / MOST_FAILURES / 16:
            raise Throttled(math.ceil(wait))

    async def _count(self, request: Received, claims: Sequence[Claim]) -> None:
        """Something failed."""
        keys = {_by_address(request), *(self._server_of(claim) for claim in claims[:1])} - {None}
        for key in keys:
            if key is not None:
                await self._ground.tallies.draw(key, MOST_FAILURES, FAILURE_SPAN_SECONDS)

    def _server_of(self, claim: Claim) -> str | None:
        try:
            return _by_server(self._resolving.origin(claim.key_id))
        except Forged:
            return None


def _is_right(check: _Check) -> bool:
    """In a thread."""
    claim = check.claim
    return makes(check.key, claim.algorithm) and any(has_signed(check.key, claim.signature, one) for one in claim.texts)


def _untold(why: AskFailed) -> Forged | Untold:
    """What it means that a key's server does not tell it: now, or ever."""
    if why.is_passing:
        return Untold(retry_after=UNTOLD_SECONDS)
    return Forged(f"The server of the key does not tell it. {why}")


def _by_address(request: Received) -> str | None:
    return f"unproven:address:{network_of(request.address)}" if request.address else None


def _by_server(origin: str) -> str:
    return f"unproven:server:{origin}"


def _replay_key(claim: Claim) -> str:
    return f"signed:{hashlib.sha256(claim.key_id.encode() + b' ' + claim.signature).hexdigest()}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
