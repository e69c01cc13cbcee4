"""
Asks other servers for documents, as docs/federation.md §5.4 has it.

::

    URL ─▶ failed or answered a moment ago? ─▶ under way? ─▶ policy ─▶ GET, signed ─▶ type ─▶ strict JSON ─▶ policy
                 the same again                 share it       each hop again                              on the id

A server that answers 401 is asked again in another way: without the query in what is signed (Fedify, old Mastodons),
then by RFC 9421.  What worked is remembered for its origin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson
from attrs import evolve, frozen

from fwtwisted.core.fediverse.flights import Flights
from fwtwisted.core.fediverse.kept import Kept
from fwtwisted.core.fediverse.keys.signing import Signing, wanted_by
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.model.errors import ShutOut
from fwtwisted.model.federation import Answer, AskFailed, Scheme
from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching import Crowded, Fetched, FetchFailed, Fetching, NoSuchHost, TooSlow, Unreachable, Wish
from fwtwisted.outside.shared import Cache
from fwtwisted.wire.activitypub.reading import Doc
from fwtwisted.wire.activitypub.strict import (
    INCOMING,
    PAGE,
    InvalidJson,
    InvalidJsonLd,
    belongs_in_a_thread,
    strict,
)
from fwtwisted.wire.signatures.messages import Wanted
from fwtwisted.wire.targets import Target

__all__ = ("MIB", "Answer", "AskFailed", "Asking", "AskingGround", "Page", "Schemes")

MIB = 1 << 20
ACTIVITY = "application/activity+json"
LINKED_DATA = "application/ld+json"
AS_PROFILE = "https://www.w3.org/ns/activitystreams"
HTML = ("text/html", "application/xhtml+xml")

ANSWER_SECONDS = 60.0
"""Nothing is fetched again within this time."""
FAILURE_SECONDS = 600.0
MOST_ANSWERS = 300
LARGEST_KEPT = 64 * 1024  # bytes of a body
_PROFILE = re.compile(r';\s*profile\s*=\s*"?([^";]*)"?', re.IGNORECASE)

FIRST_KNOCKS: Mapping[Scheme, tuple[Scheme, ...]] = {
    Scheme.CAVAGE: (Scheme.CAVAGE, Scheme.CAVAGE_PATH_ONLY, Scheme.MESSAGES),
    Scheme.CAVAGE_PATH_ONLY: (Scheme.CAVAGE_PATH_ONLY, Scheme.CAVAGE, Scheme.MESSAGES),
    Scheme.MESSAGES: (Scheme.MESSAGES, Scheme.CAVAGE),
}


class Permitting(Protocol):
    """Knows who is shut out: ``Policies``."""

    async def permit_url(self, url: str) -> None:
        """:raise ShutOut:"""

    async def permit_hop(self, target: Target) -> None:
        """:raise Refused:"""


class Schemes(Protocol):
    """Remembers how each server wants to be spoken to: ``Peers``."""

    async def scheme_for(self, origin: str) -> Scheme:
        """What worked last, or the usual."""

    async def remember(self, origin: str, scheme: Scheme) -> None:
        """This worked."""


@frozen
class AskingGround:
    """
    What asking stands on.

    :ivar cache: of failures, for all processes.  :ivar now: seconds, of any clock.
    """

    fetching: Fetching
    signing: Signing
    service: ServiceActor
    policies: Permitting
    schemes: Schemes
    cache: Cache
    threads: Threads
    now: Callable[[], float]


@frozen
class Page:
    """A page for people, where a document was hoped for.  :ivar html: in the bytes that came."""

    url: str
    html: bytes


@frozen
class _Question:
    """What is asked.  :ivar actor: whose signature it bears; None: nobody's."""

    url: str
    accept: str
    actor: int | None
    largest: int
    takes_page: bool = False

    @property
    def name(self) -> str:
        """Under which it is remembered that this failed."""
        return f"asked:{self.actor}:{self.accept}:{self.takes_page}:{self.url}"

    @property
    def lately(self) -> str:
        """Under which it is remembered that it failed within the last minute."""
        return f"lately:{self.name}"


class Asking:
    """Gets documents of other servers."""

    def __init__(self, ground: AskingGround) -> None:
        self._ground = ground
        self._answers: Kept[_Question, Answer | Page] = Kept(ground.now, MOST_ANSWERS, ANSWER_SECONDS)
        self._flights: Flights[_Question, Answer | Page] = Flights()

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._flights.close()

    async def document(
        self, url: str, *, as_actor: int | None = None, largest: int = MIB, fresh: bool = False, soon: bool = False
    ) -> Answer:
        """
        An ActivityPub document.

        :param as_actor: whose signature the request bears; None: the service actor's.
        :param fresh: do not make do with what came a minute ago, or failed a few minutes ago.
        :param soon: a failure that may have passed counts for a minute only.
        :raise AskFailed:
        """
        found = await self._asked(await self._signed(url, as_actor, largest), fresh=fresh, soon=soon)
        assert isinstance(found, Answer), "pages were not asked for"
        return found

    async def document_or_page(self, url: str, *, as_actor: int | None = None, largest: int = MIB) -> Answer | Page:
        """
        The same, for what people paste: a page may stand where they copied the address from.

        They wait for it, and so a failure that may have passed counts for a minute only.  :raise AskFailed:
        """
        return await self._asked(await self._signed(url, as_actor, largest, takes_page=True), fresh=False, soon=True)

    async def json(self, url: str, accept: str, largest: int = MIB) -> Answer:
        """A document for everybody (nodeinfo, WebFinger), asked for without a signature.  :raise AskFailed:"""
        found = await self._asked(_Question(_plain(url), accept, None, largest), fresh=False, soon=True)
        assert isinstance(found, Answer), "pages were not asked for"
        return found

    async def _signed(self, url: str, as_actor: int | None, largest: int, *, takes_page: bool = False) -> _Question:
        actor = await self._ground.service.id() if as_actor is None else as_actor
        return _Question(_plain(url), ACTIVITY, actor, largest, takes_page)

    # --- once for all ----------------------------------------------------------------------------

    async def _asked(self, question: _Question, *, fresh: bool, soon: bool = False) -> Answer | Page:
        if not fresh:
            kept = self._answers.get(question)
            if kept is not None:
                return kept
            await self._check_failure(question, soon)
        return await self._flights.once(question, lambda: self._answered(question))

    async def _check_failure(self, question: _Question, soon: bool) -> None:
        """:raise AskFailed: it failed, and counts still."""
        told = await self._ground.cache.get(question.name)
        if told is None:
            return
        code, text, status = orjson.loads(told)
        failed = AskFailed(code, text, status_code=status)
        if not (soon and failed.is_passing) or await self._ground.cache.get(question.lately) is not None:
            raise failed

    async def _answered(self, question: _Question) -> Answer | Page:
        try:
            fetched = await self._permitted(question)
            found = await self._read(question, fetched)
        except AskFailed as why:
            self._answers.drop(question)
            if why.code != "blocked" and not isinstance(why.__cause__, Crowded):
                # who is let in again need not wait, nor whom nobody has asked
                told = orjson.dumps((why.code, str(why), why.status_code))
                await self._ground.cache.put(question.name, told, FAILURE_SECONDS)
                if why.is_passing:
                    await self._ground.cache.put(question.lately, b"1", ANSWER_SECONDS)
            raise
        await self._ground.cache.drop(question.name)
        if len(fetched.body) <= LARGEST_KEPT:
            self._answers.put(question, found)
        return found

    # --- over the wire ---------------------------------------------------------------------------

    async def _permitted(self, question: _Question) -> Fetched:
        """The answer, if it is a good one.  :raise AskFailed:"""
        try:
            await self._ground.policies.permit_url(question.url)
            fetched = await self._fetched(question)
            if fetched.status in (401, 403) and question.actor is not None and self._was_led_away(question, fetched):
                fetched = await self._fetched(evolve(question, url=fetched.url))  # our signature was not sent there
        except ShutOut as why:
            raise AskFailed("blocked", str(why)) from why
        except FetchFailed as why:
            raise AskFailed(_code_of(why), str(why)) from why
        if not fetched.is_good:
            raise AskFailed("http", f"The server answered {fetched.status}.", status_code=fetched.status)
        return fetched

    def _was_led_away(self, question: _Question, fetched: Fetched) -> bool:
        """Whether another server answered than was asked."""
        checked = self._ground.fetching.checked
        return checked(fetched.url).origin != checked(question.url).origin

    async def _fetched(self, question: _Question) -> Fetched:
        if question.actor is None:
            return await self._knocked(question, None)
        target = self._ground.fetching.checked(question.url)
        first = await self._ground.schemes.scheme_for(target.origin)
        wanted: Wanted | None = None
        for scheme in FIRST_KNOCKS[first]:
            if scheme is Scheme.CAVAGE_PATH_ONLY and "?" not in target.url:
                continue
            fetched = await self._knocked(question, scheme, wanted)
            if fetched.status != 401:
                if scheme is not first and fetched.is_good:
                    await self._ground.schemes.remember(target.origin, scheme)
                return fetched
            wanted = wanted_by(fetched.headers, has_body=False)
        return fetched

    async def _knocked(self, question: _Question, scheme: Scheme | None, wanted: Wanted | None = None) -> Fetched:
        """One attempt."""
        sign = None
        if scheme is not None and question.actor is not None:
            asked = wanted if scheme is Scheme.MESSAGES else None
            sign = self._ground.signing.by(question.actor, scheme=scheme, wanted=asked)
        wish = Wish(
            headers={"Accept": question.accept},
            largest=question.largest,
            permit=self._ground.policies.permit_hop,
            sign=sign,
        )
        return await self._ground.fetching.get(question.url, wish)

    # --- what came -------------------------------------------------------------------------------

    async def _read(self, question: _Question, fetched: Fetched) -> Answer | Page:
        kind = fetched.headers.get("content-type", "")
        if question.actor is not None and not is_activity(kind):
            if question.takes_page and kind.partition(";")[0].strip().lower() in HTML:
                return Page(fetched.url, fetched.body)
            raise AskFailed("invalid_json", "The server did not answer with a document of the fediverse.")
        document = await self._parsed(fetched.body, question.largest)
        await self._check_document(document)
        return Answer(fetched.url, document)

    async def _parsed(self, body: bytes, largest: int) -> dict[str, Any]:
        limits = INCOMING if largest <= MIB else PAGE
        try:
            if belongs_in_a_thread(body):
                read: dict[str, Any] = await self._ground.threads(strict, body, limits)
                return read
            return strict(body, limits)
        except InvalidJson as why:
            raise AskFailed("invalid_json", str(why)) from why
        except InvalidJsonLd as why:
            raise AskFailed("invalid_jsonld", str(why)) from why

    async def _check_document(self, document: Mapping[str, Any]) -> None:
        """Moderators may want nothing of whom it turns out to be."""
        id = Doc(document).id
        if id is None or not id.startswith(("https://", "http://")):
            return
        try:
            await self._ground.policies.permit_url(id)
        except ShutOut as why:
            raise AskFailed("blocked", str(why)) from why


def is_activity(content_type: str) -> bool:
    """Whether a media type is one of ActivityPub's.  Source: docs/federation.md §5.4."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == ACTIVITY:
        return True
    profile = _PROFILE.search(content_type)
    return kind == LINKED_DATA and profile is not None and AS_PROFILE in profile[1].split()


def _plain(url: str) -> str:
    """Without a fragment: it is for who reads, not for the server."""
    return url.partition("#")[0]


def _code_of(why: FetchFailed) -> str:
    if isinstance(why, TooSlow):
        return "timeout"
    if isinstance(why, Unreachable | NoSuchHost):
        return "connection"
    return "request"
