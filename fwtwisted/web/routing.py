"""
Which handler a path belongs to.

Klein's routes are compiled once: paths without variables go into a dictionary; the others into one regular
expression per number of segments, in which each path is a group of its own, so that the cost of a request does not
grow with the number of routes.  A path and the same path with a slash at its end are one place (docs/api.md §1.1).

Nothing here knows of requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import quote_from_bytes, unquote_to_bytes
from uuid import UUID

from attrs import define, field, frozen

from fwtwisted.model.errors import NotFound, NotOffered

T = TypeVar("T")

_VARIABLE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


def _text(raw: bytes) -> str:
    """A segment as text."""
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as why:
        raise NotFound() from why
    if "\0" in text:
        raise NotFound()
    return text


# How the variables of a rule look on the wire, and what a handler gets.
KINDS: Mapping[str, tuple[bytes, Callable[[bytes], Any]]] = {
    "string": (rb"[^/]+", _text),
    "path": (rb"[^/].*?", _text),
    "int": (rb"[0-9]{1,18}", int),
    "uuid": (
        rb"[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}",
        lambda raw: UUID(raw.decode("ascii")),
    ),
}


@frozen
class Route(Generic[T]):
    """What answers one method of a path, with its variables: name and reader, in the order of the path."""

    target: T
    variables: Sequence[tuple[str, Callable[[bytes], Any]]]


@frozen
class Match(Generic[T]):
    """A route that was found.  :ivar allowed: every method that the path knows."""

    target: T
    values: Mapping[str, Any]
    allowed: tuple[str, ...]


@define
class _Place(Generic[T]):
    """A path shape and what its methods lead to.  :ivar pattern: matches it whole; None when it is literal."""

    shape: bytes
    pattern: re.Pattern[bytes] | None
    methods: dict[bytes, Route[T]] = field(factory=dict)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The methods of this place, in the order of the alphabet."""
        return tuple(sorted({name.decode("ascii") for name in self.methods} | {"OPTIONS"}))


class MethodNotAllowed(NotOffered):
    """The place is there and does not know the method.  :ivar allowed: those that it knows."""

    def __init__(self, method: bytes, allowed: tuple[str, ...]) -> None:
        super().__init__(f'Method "{method.decode("latin-1")}" not allowed.')
        self.allowed = allowed


class Routes(Generic[T]):
    """A table of paths; fill it with :meth:`add`, then only ask."""

    def __init__(self) -> None:
        self._places: dict[bytes, _Place[T]] = {}
        self._by_slashes: dict[int, tuple[re.Pattern[bytes], dict[int, _Place[T]]]] = {}
        self._open_ended: list[_Place[T]] = []

    def add(self, rule: str, methods: Sequence[str], target: T) -> None:
        """
        Lead a rule such as ``/tracks/<int:id>/`` somewhere; of equals the first stays.

        :raise ValueError: for a kind of variable that is not in :data:`KINDS`.
        """
        literal, shape, variables = _compiled(rule)
        key = literal if literal is not None else shape
        place = self._places.get(key)
        if place is None:
            pattern = None if literal is not None else re.compile(shape, re.DOTALL)
            place = self._places[key] = _Place(key, pattern)
        for method in methods:
            place.methods.setdefault(method.encode("ascii"), Route(target, variables))
        if b"GET" in place.methods:
            place.methods.setdefault(b"HEAD", place.methods[b"GET"])

    def seal(self) -> None:
        """Compile what was added."""
        variable = [place for place in self._places.values() if place.pattern is not None]
        self._open_ended = [place for place in variable if KINDS["path"][0] in place.shape]
        fixed = [place for place in variable if place not in self._open_ended]
        for slashes in {_slashes(place) for place in fixed}:
            alike = sorted((p for p in fixed if _slashes(p) == slashes), key=_vagueness)
            self._by_slashes[slashes] = _joined(alike)

    def find(self, method: bytes, path: bytes) -> Match[T]:
        """
        Where a path leads.

        :param path: as :func:`plain` spells it, below the prefix at which the table hangs.
        :raise NotFound: nowhere.
        :raise MethodNotAllowed: somewhere, but not with this method.
        """
        path = path[:-1] if path.endswith(b"/") else path
        found = self._quickly(method, path)
        if found is not None:
            return found
        return self._thoroughly(method, path)

    def _quickly(self, method: bytes, path: bytes) -> Match[T] | None:
        """The usual case: the first place that matches knows the method."""
        place = self._places.get(path)
        if place is not None and place.pattern is None:
            route = place.methods.get(method)
            return None if route is None else Match(route.target, {}, place.allowed)
        alike = self._by_slashes.get(path.count(b"/"))
        found = alike[0].fullmatch(path) if alike else None
        if alike is None or found is None or found.lastindex is None:
            return None
        place = alike[1][found.lastindex]
        route = place.methods.get(method)
        if route is None:
            return None
        return Match(route.target, _values(route, found, found.lastindex), place.allowed)

    def _thoroughly(self, method: bytes, path: bytes) -> Match[T]:
        """Every place that matches the path, and the first of them that knows the method."""
        places = list(self._matching(path))
        for place, found in places:
            route = place.methods.get(method)
            if route is not None:
                values = {} if found is None else _values(route, found, 0)
                return Match(route.target, values, place.allowed)
        if not places:
            raise NotFound()
        raise MethodNotAllowed(method, tuple(sorted({m for place, _ in places for m in place.allowed})))

    def _matching(self, path: bytes) -> Iterator[tuple[_Place[T], re.Match[bytes] | None]]:
        """All places that the path may mean, the most literal first."""
        literal = self._places.get(path)
        if literal is not None and literal.pattern is None:
            yield literal, None
        _, alike = self._by_slashes.get(path.count(b"/"), (None, {}))
        for place in [*alike.values(), *self._open_ended]:
            found = place.pattern.fullmatch(path) if place.pattern is not None else None
            if found is not None:
                yield place, found


def _compiled(rule: str) -> tuple[bytes | None, bytes, list[tuple[str, Callable[[bytes], Any]]]]:
    """The rule as a literal path (None when it has variables), as a pattern, and its variables."""
    rule = rule.rstrip("/")
    shape, variables, end = b"", [], 0
    for found in _VARIABLE.finditer(rule):
        kind = found["kind"] or "string"
        if kind not in KINDS:
            raise ValueError(f"{rule}: no such kind of variable: {kind}")
        pattern, reader = KINDS[kind]
        shape += re.escape(rule[end : found.start()]).encode() + b"(" + pattern + b")"
        variables.append((found["name"], reader))
        end = found.end()
    shape += re.escape(rule[end:]).encode()
    return (None if variables else rule.encode(), shape, variables)


def _slashes(place: _Place[T]) -> int:
    """How many slashes a path of this place has."""
    return place.shape.replace(b"[^/]", b"").count(b"/")


def _vagueness(place: _Place[T]) -> tuple[int, int]:
    """Orders places so that the more exact comes first: fewer free texts, then fewer variables."""
    return place.shape.count(KINDS["string"][0]), place.shape.count(b"(")


def _joined(places: Sequence[_Place[T]]) -> tuple[re.Pattern[bytes], dict[int, _Place[T]]]:
    """One pattern for all of them, and which place the number of a group means."""
    numbers: dict[int, _Place[T]] = {}
    number = 1
    for place in places:
        numbers[number] = place
        number += 1 + place.shape.count(b"(")
    return re.compile(b"|".join(b"(" + place.shape + b")" for place in places), re.DOTALL), numbers


def _values(route: Route[T], found: re.Match[bytes], group: int) -> dict[str, Any]:
    """The variables of a matched path; those of the place follow its own group."""
    return {name: reader(found[number]) for number, (name, reader) in enumerate(route.variables, group + 1)}


def plain(path: bytes) -> bytes:
    """The path in its one usual spelling: encoded where it must be, so an encoded slash stays as it is."""
    return b"/".join(
        quote_from_bytes(unquote_to_bytes(piece), safe="!$&'()*+,;=:@~").encode("ascii") for piece in path.split(b"/")
    )
