"""
Calls: how an area says what it answers.

An area is a class; its calls are coroutines that take what was asked and who asks, and return a payload::

    class Browsing:
        @call("getAlbum")
        async def album(self, asked: Asked, caller: Caller) -> Payload:
            return {"album": …}

A call that sends bytes is declared with :func:`media_call`; it gets the request too, and answers it itself or returns
the body.  Both raise what went wrong; ``rest`` turns it into the envelope.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeAlias, TypeVar

from attrs import frozen

from fwtwisted.core.subsonic.login import Session
from fwtwisted.model.errors import Forbidden
from fwtwisted.model.people import Viewer
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload

EMPTY: Payload = {}
MUSIC = "read:libraries"  # the scope of most calls that only look


@frozen
class Caller:
    """
    Who calls.

    :ivar session: None in calls that need no log-in.
    :ivar client: what the app calls itself (``c``), at most 128 characters; may be empty.
    :ivar address: the machine's.
    """

    session: Session | None = None
    client: str = ""
    address: str = ""

    @property
    def known(self) -> Session:
        """The session, in calls that need a log-in."""
        assert self.session is not None, "an open call asks who calls"
        return self.session

    @property
    def viewer(self) -> Viewer:
        """With the rights of the account."""
        return self.known.viewer

    @property
    def account_id(self) -> int:
        """The caller's account."""
        assert self.viewer.account_id is not None, "a session without an account"
        return self.viewer.account_id

    @property
    def actor_id(self) -> int:
        """The caller's actor."""
        assert self.viewer.actor_id is not None, "a session without an actor"
        return self.viewer.actor_id

    def permits(self, scope: str) -> None:
        """
        Refuse a program that was not given leave for this; whoever brings a Subsonic secret has all of an account's.

        :param scope: as in docs/api.md: ``write:favorites``, ….
        :raise Forbidden:
        """
        if not self.viewer.may(scope):
            raise Forbidden(f"Your token does not allow this: it lacks the scope {scope}.")

    def must(self, role: str) -> None:
        """
        Refuse a caller from whom an administrator took the role.

        :param role: as Subsonic names it, without its ``Role``: ``download``, ``share``, ….
        :raise Forbidden:
        """
        if role in self.known.denied_roles:
            raise Forbidden(f"Your account may not do this: it lacks the role {role}.")


@frozen
class Counted:
    """A page of something.  :ivar total: how much there is on all pages, for ``X-Total-Count`` (rule 47)."""

    payload: Payload
    total: int


Answering: TypeAlias = "Callable[[Asked, Caller], Awaitable[Payload | Counted]]"
Sending: TypeAlias = Callable[[LeanRequest, Asked, Caller], Awaitable[bytes | None]]


class Admit(Protocol):
    """Finds out who calls."""

    async def __call__(self, request: LeanRequest, asked: Asked, *, is_counted: bool) -> Caller:
        """
        The caller.

        :param is_counted: whether the call falls under the hourly limit.
        :raise Refused: with the codes of rule 14.  :raise Throttled: the limit is reached.
        """


@frozen
class Declared:
    """
    What is said of a call.

    :ivar names: the first is the usual one.
    :ivar is_open: needs no log-in (rule 16).
    :ivar is_counted: falls under the hourly limit (rule 18).
    :ivar sends: it answers with bytes.
    :ivar writes: it changes something, and HEAD does not run it (rule 2).
    :ivar methods: the HTTP methods that it takes.
    :ivar keyed: it is about the API key that it comes with, and there must be one.
    :ivar scope: that a program needs for it; None: any will do, or the call asks by itself.
    """

    names: tuple[str, ...]
    is_open: bool = False
    is_counted: bool = True
    sends: bool = False
    writes: bool = False
    methods: tuple[bytes, ...] = (b"GET", b"HEAD", b"POST")
    scope: str | None = None
    keyed: bool = False


@frozen
class Call:
    """A call of an area that was built."""

    declared: Declared
    answer: Answering | None = None
    send: Sending | None = None


F = TypeVar("F", bound=Callable[..., Any])


def call(
    *names: str,
    is_open: bool = False,
    methods: tuple[bytes, ...] = (b"GET", b"HEAD", b"POST"),
    scope: str | None = MUSIC,
    keyed: bool = False,
) -> Callable[[F], F]:
    """Declare a call that looks, and answers with a payload."""
    return _declare(Declared(names, is_open=is_open, methods=methods, scope=scope, keyed=keyed))


def writing_call(*names: str) -> Callable[[F], F]:
    """Declare a call that changes something, and asks by itself for the scope that it needs."""
    return _declare(Declared(names, writes=True))


def media_call(*names: str) -> Callable[[F], F]:
    """Declare a call that sends bytes; such do not count against the hourly limit."""
    return _declare(Declared(names, is_counted=False, sends=True, scope=MUSIC))


def open_media_call(*names: str) -> Callable[[F], F]:
    """Declare one that needs no log-in: its address says what it opens."""
    return _declare(Declared(names, is_open=True, is_counted=False, sends=True))


def _declare(declared: Declared) -> Callable[[F], F]:
    def mark(method: F) -> F:
        method.declared = declared  # type: ignore[attr-defined]
        return method

    return mark


class Table:
    """
    Every call of the given areas by name: first exactly, then whatever its case (rule 1).

    :raise ValueError: for a name that two areas claim.
    """

    def __init__(self, areas: Iterable[object]) -> None:
        self.by_name: dict[str, Call] = {}
        for area in areas:
            for found in _calls_of(area):
                for name in found.declared.names:
                    if name in self.by_name:
                        raise ValueError(f"claimed twice: {name}")
                    self.by_name[name] = found
        self._folded = {name.lower(): found for name, found in self.by_name.items()}

    def find(self, name: str) -> Call | None:
        """The call of this name, with or without ``.view``."""
        plain = name.removesuffix(".view")
        return self.by_name.get(plain) or self._folded.get(plain.lower().removesuffix(".view"))


def _calls_of(area: object) -> Iterable[Call]:
    for attribute in vars(type(area)).values():
        declared = getattr(attribute, "declared", None)
        if isinstance(declared, Declared):
            bound = attribute.__get__(area)
            yield Call(declared, send=bound) if declared.sends else Call(declared, answer=bound)
