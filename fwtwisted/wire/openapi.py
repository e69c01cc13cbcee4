"""
A description of an HTTP API: what each operation takes and answers, as values, and as an OpenAPI document.

An area says what its operations mean, the one thing that nobody can read from code: a sentence, who may, which
parameters, which answers when it goes well.  What follows from that is added here, once: the answers to those who may
not, to bodies that are wrong, to things that are not there, to impatience.  Paths and methods come from whoever serves
them (:class:`Route`); an operation that nobody serves, or one that nobody described, is told by :func:`mismatches`.

Source: OpenAPI 3.1.1; docs/api.md §1.6 (errors), §1.7 (limits), §2 (who may).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from attrs import frozen

from fwtwisted.wire.schema import COUNT, TEXT, UUID, Named, Names, Schema, either, is_flat, listed, named, told
from fwtwisted.wire.v1 import Document

VERSION: Final = "3.1.1"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

WRITING: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")
VARIABLES: Final[Mapping[str, Schema]] = {
    "int": {**COUNT, "maximum": 10**18 - 1},
    "uuid": UUID,
    "string": {"type": "string", "minLength": 1},
    "path": {"type": "string", "minLength": 1},
}


# --- what is said of an operation ----------------------------------------------------------------


WhoKind: TypeAlias = Literal[
    "public", "known", "open", "visit", "guest", "scope", "user", "person", "keeper", "word"
]  # fmt: skip


@frozen
class Who:
    """
    Who may ask.

    :ivar kind: ``public``: anybody, credentials are not looked at; ``known``: anybody, and credentials that are sent
        count; ``open``: the scope, or visitors of an open pod, to read; ``visit``: the same, whatever the method;
        ``guest``: any account, or visitors of an open pod; ``scope``: the scope; ``user``: any account; ``person``: an
        account by its session or password; ``keeper``: a person with the scope; ``word``: what the request carries.
    :ivar leaf: of the scope, such as ``libraries``.
    """

    kind: WhoKind
    leaf: str = ""

    def scope(self, method: str) -> str:
        """The scope that a token needs."""
        return f"{'read' if method == 'GET' else 'write'}:{self.leaf}"


PUBLIC: Final = Who("public")
KNOWN: Final = Who("known")
GUEST: Final = Who("guest")
USER: Final = Who("user")
PERSON: Final = Who("person")
WORD: Final = Who("word")


def open_to(leaf: str) -> Who:
    """Whoever has the scope; visitors of an open pod may read."""
    return Who("open", leaf)


def visit(leaf: str) -> Who:
    """Whoever has the scope, and visitors of an open pod."""
    return Who("visit", leaf)


def scoped(leaf: str) -> Who:
    """Whoever has the scope."""
    return Who("scope", leaf)


def keeper(leaf: str) -> Who:
    """A person with the scope; no program's token will do."""
    return Who("keeper", leaf)


@frozen
class Answer:
    """
    One of the answers of an operation.

    :ivar content: schema by media type; empty: there is no body.
    :ivar headers: that matter to its reader: name and what it says.
    """

    status: int
    text: str
    content: Mapping[str, Schema] = {}
    headers: Mapping[str, str] = {}


@frozen
class Parameter:
    """A parameter of the query.  :ivar several: it may be repeated."""

    name: str
    text: str
    schema: Schema = TEXT
    several: bool = False
    required: bool = False


@frozen
class Operation:
    """
    What one method of one path does.

    :ivar text: a sentence.  :ivar more: what else is to be known, in Markdown.
    :ivar answers: when it goes well, and what is special when it does not.
    :ivar body: what it takes.  :ivar body_types: of which media types; empty: JSON, and forms where they can say it.
    :ivar wordless: who asks too often is told so without a body.  :ivar is_uncounted: nobody asks too often.
    """

    text: str
    who: Who
    answers: Sequence[Answer]
    query: Sequence[Parameter] = ()
    body: Schema | None = None
    body_types: Sequence[str] = ()
    more: str = ""
    wordless: bool = False
    is_uncounted: bool = False


Table = Mapping[str, Mapping[str, Operation]]
"""Operations by path, as the route is written, and method."""


@frozen
class Area:
    """What belongs together.  :ivar operations: see :data:`Table`."""

    name: str
    text: str
    operations: Table


@frozen
class Route:
    """A path that is served, as Klein has it written, and its methods."""

    path: str
    methods: Sequence[str]


# --- answers that many have ----------------------------------------------------------------------

DETAIL: Final = named("Detail", told(detail=TEXT))
PROBLEMS: Final = Named(
    "Problems",
    {
        "type": "object",
        "description": "What is wrong, by field; `non_field_errors` for the whole. Lists tell it by place.",
        "additionalProperties": {"anyOf": [listed(TEXT), {"$ref": "#/components/schemas/Problems"}]},
    },
)


def ok(schema: Schema, text: str = "It is so.", status: int = 200, media_type: str = JSON) -> Answer:
    """An answer with a document."""
    return Answer(status, text, {media_type: schema})


def made(schema: Schema) -> Answer:
    """Something new is there."""
    return ok(schema, "It was made.", 201)


def gone(text: str = "It is done.") -> Answer:
    """An answer without a body."""
    return Answer(204, text)


def _detail(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, text, {JSON: DETAIL}, headers or {})


UNREADABLE: Final = Answer(400, "Something in the request cannot be.", {JSON: either(DETAIL, PROBLEMS)})
NOBODY: Final = _detail(401, "Nobody is asking, or nobody whom we believe.", {"WWW-Authenticate": "How to say who."})
FORBIDDEN: Final = _detail(403, "We know who asks, and the answer is no.")
ABSENT: Final = _detail(404, "There is no such thing, or it is not the asker's to know of; or no such page.")
TOO_LARGE: Final = _detail(413, "The body is larger than this place takes.")
UNKNOWN_TYPE: Final = _detail(415, "The body is of a type that is not read here.")
TOO_OFTEN: Final = _detail(429, "Asked too often.", {"Retry-After": "Seconds until it makes sense again."})
AWAY: Final = _detail(503, "Something that is needed is away for the moment.", {"Retry-After": "Seconds."})
SWITCHED_OFF: Final = _detail(405, "This pod does not offer it.", {"Allow": "What it does offer."})
ELSEWHERE: Final = _detail(502, "Another server did not answer as it should have.")
NO_ROOM: Final = _detail(507, "There is no room left to store it.")


def _following(path: str, method: str, operation: Operation) -> Iterator[Answer]:
    """The answers that follow from what an operation is."""
    who = operation.who.kind
    if operation.query or method in WRITING:
        yield UNREADABLE
    if who not in ("public", "word"):
        yield NOBODY
    if who not in ("public", "known", "word", "user", "guest") or (method in WRITING and who not in ("public", "word")):
        yield FORBIDDEN
    if _VARIABLE.search(path) or any(one.name == "page" for one in operation.query):
        yield ABSENT
    if operation.body is not None:
        yield from (TOO_LARGE, UNKNOWN_TYPE)
    if path.startswith("/api/") and not operation.is_uncounted:
        yield Answer(429, TOO_OFTEN.text, headers=TOO_OFTEN.headers) if operation.wordless else TOO_OFTEN
    yield AWAY


# --- the document --------------------------------------------------------------------------------


def public_path(path: str) -> str:
    """A route's path as a description writes it."""
    return _VARIABLE.sub(lambda found: f"{{{found[2]}}}", path)


def mismatches(routes: Iterable[Route], areas: Iterable[Area]) -> tuple[set[str], set[str]]:
    """What is served and not described, and what is described and not served: ``GET /api/…`` each."""
    served = {f"{method} {route.path}" for route in routes for method in route.methods}
    described = {
        f"{method} {path}" for area in areas for path, table in area.operations.items() for method in table
    }  # fmt: skip
    return served - described, described - served


def composed(info: Document, url: str, routes: Iterable[Route], areas: Sequence[Area], ways: Document) -> Document:
    """
    The document.

    :param url: of the pod.  :param routes: what is served; nothing else is described.
    :param ways: the security schemes, by name.
    """
    names, served = Names(), {route.path: set(route.methods) for route in routes}
    paths: Document = {}
    for area in areas:
        for path, table in area.operations.items():
            methods = [method for method in METHODS if method in table and method in served.get(path, ())]
            if methods:
                told = {one.lower(): _operation(path, one, table[one], area.name, names) for one in methods}
                paths[public_path(path)] = {"parameters": list(_variables(path)), **told}
    return {
        "openapi": VERSION,
        "jsonSchemaDialect": DIALECT,
        "info": info,
        "servers": [{"url": url}],
        "tags": [{"name": area.name, "description": area.text} for area in areas],
        "paths": paths,
        "components": {"schemas": dict(sorted(names.schemas.items())), "securitySchemes": ways},
    }


def _variables(path: str) -> Iterator[Document]:
    for kind, name in _VARIABLE.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": VARIABLES[kind or "string"]}


def _operation(path: str, method: str, operation: Operation, area: str, names: Names) -> Document:
    written: Document = {
        "operationId": _id(path, method),
        "tags": [area],
        "summary": operation.text,
        **({"description": operation.more} if operation.more else {}),
        "security": security(operation.who, method),
    }
    if operation.query:
        written["parameters"] = [_parameter(one, names) for one in operation.query]
    if operation.body is not None:
        types = operation.body_types or ((JSON, FORM, MULTIPART) if is_flat(operation.body) else (JSON,))
        written["requestBody"] = {
            "required": True,
            "content": {media_type: {"schema": names.written(operation.body)} for media_type in types},
        }
    answers = [*operation.answers, *_following(path, method, operation)]
    written["responses"] = _responses(answers, names)
    return written


def _id(path: str, method: str) -> str:
    """A name for the operation that stays: ``get_playlists_id_tracks``."""
    words = re.findall(r"[a-z0-9]+", public_path(path).removeprefix("/api/v1/").lower())
    return "_".join([method.lower(), *words])


def _parameter(one: Parameter, names: Names) -> Document:
    schema = names.written(one.schema)
    return {
        "name": one.name,
        "in": "query",
        "description": one.text,
        **({"required": True} if one.required else {}),
        "schema": {"type": "array", "items": schema} if one.several else schema,
    }


def _responses(answers: Iterable[Answer], names: Names) -> Document:
    """Answers by status; of one status there may be several documents."""
    by_status: dict[int, list[Answer]] = {}
    for one in answers:
        by_status.setdefault(one.status, []).append(one)
    return {str(status): _response(several, names) for status, several in sorted(by_status.items())}


def _response(several: Sequence[Answer], names: Names) -> Document:
    """Answers of one status; where one of them has no body, a body is not promised at all."""
    schemas: dict[str, list[Schema]] = {}
    headers: dict[str, str] = {}
    for one in several:
        headers |= one.headers
        for media_type, schema in one.content.items():
            schemas.setdefault(media_type, []).append(schema)
    written: Document = {"description": " ".join(dict.fromkeys(one.text for one in several))}
    if headers:
        written["headers"] = {name: {"description": said, "schema": TEXT} for name, said in headers.items()}
    if schemas and all(one.content for one in several):
        written["content"] = {
            media_type: {"schema": names.written(given[0] if len(given) == 1 else either(*given))}
            for media_type, given in schemas.items()
        }
    return written


# --- who -----------------------------------------------------------------------------------------

Way = Mapping[str, Sequence[str]]
SESSION: Final[Way] = {"session": []}
BASIC: Final[Way] = {"basic": []}
NOTHING: Final[Way] = {}


def security(who: Who, method: str) -> list[Way]:
    """The ways in which a caller may say who they are, any of which will do."""
    if who.kind in ("public", "word"):
        return []
    if who.kind in ("person", "keeper") or who.leaf.startswith(("instance:", "security")):
        return [SESSION, BASIC]
    tokens: list[Way] = [{"oauth": [who.scope(method)] if who.leaf else []}, {"token": []}]
    may_be_nobody = who.kind in ("known", "guest", "visit") or (who.kind == "open" and method == "GET")
    return [*tokens, SESSION, BASIC, *([NOTHING] if may_be_nobody else [])]


def ways_in(authorize: str, tokens: str, scopes: Iterable[str]) -> Document:
    """
    The security schemes.

    :param authorize: path of the page where a person lets a program in.  :param tokens: where it gets tokens.
    """
    flow = {
        "authorizationUrl": authorize,
        "tokenUrl": tokens,
        "refreshUrl": tokens,
        "scopes": {scope: _meaning(scope) for scope in sorted(scopes)},
    }
    return {
        "oauth": {"type": "oauth2", "flows": {"authorizationCode": flow}},
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "The personal token of an application; it opens what the application's scopes open.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "From `users/login`. Writes repeat the cookie `csrftoken` in the header `X-CSRFToken`.",
        },
        "basic": {"type": "http", "scheme": "basic", "description": "Name (or e-mail address) and password."},
    }


def _meaning(scope: str) -> str:
    verb, _, leaf = scope.partition(":")
    return f"{'See' if verb == 'read' else 'Change'} {leaf}"
