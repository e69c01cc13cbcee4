"""
What all faces share: how a handler answers, how a failure leaves the house, and what a request says.

An area of the API is a class with an ``app``; its handlers are coroutines that return the body of the answer::

    class Tracks:
        app = resource_app()

        @app.route("/<int:id>/", methods=["GET"])
        async def one(self, request: LeanRequest, id: int) -> bytes:
            viewer = await self._callers.open(request, "libraries")
            return answer(request, 200, v1.track(await self._catalog.track(viewer, id)))

Handlers raise what happened (:mod:`fwtwisted.model.errors`); :data:`STATUS` is the only place that turns it into a
number.  An app may register its own ``@app.handle_errors`` for other shapes; what they do not catch ends here.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, TypeVar

import orjson
from klein import Klein
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource, getChildForRequest
from twisted.web.server import NOT_DONE_YET

from fwtwisted.model import errors
from fwtwisted.model.errors import FwError
from fwtwisted.model.limits import Standing
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.routing import MethodNotAllowed, Routes

_log = Logger()

JSON = b"application/json"

# Where only programs come: an unknown path is a 404 there, never the page.
API_PREFIXES = (b"/api/", b"/federation/", b"/.well-known/", b"/rest/")

# What bodies may be written in.
PARSED = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "application/activity+json")

# Limits whose refusal has no body (docs/api.md §1.6).
WORDLESS = frozenset({"login", "oauth-authorize", "oauth-token", "oauth-revoke-token"})

# The one table of what a failure becomes over HTTP; the first type that fits counts.
STATUS: Mapping[type[FwError], int] = {
    errors.Invalid: 400,
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.NotOffered: 405,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Throttled: 429,
    errors.HeadTooLarge: 431,
    errors.Misconfigured: 500,
    errors.RemoteFailed: 502,
    errors.Unavailable: 503,
    errors.NoRoom: 507,
}

# What no program can help: a disk that is full, broken, gone, or not to be written on; no descriptors, no memory.
_MACHINE_TROUBLE = frozenset(
    (
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EACCES, errno.EPERM,
        errno.EMFILE, errno.ENFILE, errno.ENOMEM,
    )
)  # fmt: skip

# Looks at a request before its handler runs, and may raise; None when there is nothing to wait for.
Door = Callable[[LeanRequest], Awaitable[None] | None]
Handler = TypeVar("Handler", bound=Callable[..., Any])

_NO_HEADERS: Mapping[str, str] = {}


# --- answering ---------------------------------------------------------------------------------------


def written(document: object) -> bytes:
    """
    A document as JSON.

    :param document: anything that orjson writes; times must be aware and come out as UTC with a ``Z``.
    """
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def answer(request: LeanRequest, status: int, document: object, headers: Mapping[str, str] = _NO_HEADERS) -> bytes:
    """
    Prepare an answer in JSON.

    :param document: see :func:`written`.
    :return: the body, which the handler returns.
    """
    return reply(request, status, written(document), JSON, headers)


def reply(
    request: LeanRequest,
    status: int,
    body: bytes,
    media_type: bytes,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> bytes:
    """Prepare an answer of any type; returns the body."""
    request.code = status
    request.responseHeaders.setRawHeaders(b"Content-Type", [media_type])
    for name, value in headers.items():
        request.setHeader(name, value)
    return body


def nothing(request: LeanRequest, status: int = 204, headers: Mapping[str, str] = _NO_HEADERS) -> bytes:
    """Prepare an answer without a body."""
    request.code = status
    for name, value in headers.items():
        request.setHeader(name, value)
    return b""


def moved(request: LeanRequest, place: str, status: int = 302) -> bytes:
    """Prepare a redirect to ``place`` (a path or a URL, already percent-encoded)."""
    return nothing(request, status, {"Location": place})


# --- failures ----------------------------------------------------------------------------------------


def status_of(error: FwError) -> int:
    """The status that a failure becomes."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def told(request: LeanRequest, error: FwError) -> bytes:
    """Prepare the answer that tells a failure.  Source: docs/api.md §1.6."""
    headers: dict[str, str] = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = _challenge(error)
    elif isinstance(error, errors.NotOffered):
        headers["Allow"] = ", ".join(error.allowed if isinstance(error, MethodNotAllowed) else request.allowed)
    elif isinstance(error, errors.Throttled | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Throttled):
        tell_standing(request, error.standing)
    if isinstance(error, errors.Throttled) and error.standing and error.standing.scope in WORDLESS:
        return nothing(request, status_of(error), headers)
    document = error.problems if isinstance(error, errors.Invalid) else {"detail": str(error)}
    return answer(request, status_of(error), document, headers)


def _challenge(error: errors.Unauthenticated) -> str:
    """The value of ``WWW-Authenticate``."""
    if not error.invalid_token:
        return 'Bearer realm="api"'
    return 'Bearer realm="api",error="invalid_token",error_description="The access token is invalid."'


def tell_standing(request: LeanRequest, standing: Standing | None) -> None:
    """
    Tell the client where it stands with a limit.

    ``Retry-After`` comes with other answers than refusals, too, as it does from Funkwhale: who leaves so much time
    between requests never waits.  Source: docs/api.md §1.7.
    """
    if standing is None:
        return
    request.standing = (
        b"X-RateLimit-Limit: %d\r\nX-RateLimit-Scope: %s\r\nX-RateLimit-Remaining: %d\r\nX-RateLimit-Duration: %d\r\n"
        b"X-RateLimit-Reset: %d\r\nX-RateLimit-ResetSeconds: %d\r\n"
    ) % (
        standing.limit,
        standing.scope.encode("ascii"),
        standing.remaining,
        standing.seconds,
        int(request.site.seconds() + standing.reset_seconds),
        ceil(standing.reset_seconds),
    )
    retry_after = standing.wait_seconds or standing.pace_seconds
    request.responseHeaders.setRawHeaders(b"Retry-After", [b"%d" % ceil(retry_after)])


def broken(request: LeanRequest, failure: Failure) -> bytes:
    """Log a bug, or what the machine could not do, and prepare the answer that says no more than that."""
    if isinstance(failure.value, OSError) and failure.value.errno in _MACHINE_TROUBLE:
        text = "{method} {path} was too much for this machine: {why}"
        _log.error(text, event="web.machine", why=str(failure.value), **_named(request))
        return told(request, errors.Unavailable("This server cannot do that at the moment.", retry_after=30))
    _log.failure("{method} {path} broke", failure, event="web.bug", **_named(request))
    return answer(request, 500, {"detail": "internal error"})


def _named(request: LeanRequest) -> dict[str, Any]:
    """A request, for the log."""
    return {
        "method": request.method.decode("latin-1"),
        "path": request.path.decode("latin-1"),
        "request": request.id,
    }


# --- apps --------------------------------------------------------------------------------------------


class App(Klein):
    """A Klein app whose resource is a :class:`FastResource`."""

    def resource(self) -> FastResource:  # type: ignore[override]
        """The resource that answers for this app (bound to the instance that it was got from)."""
        return FastResource(self)

    def handle_errors(self, *kinds: type[Exception]) -> Callable[[Handler], Handler]:  # type: ignore[override]
        """Have the decorated method (it gets the request and the failure) answer for failures of these kinds."""
        registered: Any = super().handle_errors(*kinds)
        return registered

    @property
    def own_failures(self) -> Iterable[tuple[Iterable[type[Exception]], Any]]:
        """What ``@app.handle_errors`` registered: exception types and the handler."""
        return self._error_handlers


def resource_app() -> App:
    """A Klein app that already knows how every failure leaves the house."""
    return App()


class FastResource(Resource):
    """
    Answers for one or more apps that share a prefix.

    It does what Klein's resource does (variables, coroutines, error handlers, cancelling a handler whose client has
    gone, resources as results) over compiled routes and with one write per answer.

    :ivar door: asked before a handler runs.
    """

    isLeaf = True
    door: Door | None = None

    def __init__(self, *apps: App) -> None:
        super().__init__()
        self.apps = apps
        self._routes: Routes[tuple[App, str]] = Routes()
        for app in apps:
            for rule in app.url_map.iter_rules():
                self._routes.add(rule.rule, sorted(rule.methods or ["GET"]), (app, rule.endpoint))
        self._routes.seal()

    def render(self, request: LeanRequest) -> int:
        """Find the handler and run it; the answer is written when it returns."""
        try:
            match = self._routes.find(request.method, request.rest)
        except FwError as error:
            _deliver(self._unrouted(request, error), request)
            return NOT_DONE_YET
        app, endpoint = match.target
        request.allowed = match.allowed
        waiting = None if self.door is None else self.door(request)
        if waiting is None:
            result = maybeDeferred(app.execute_endpoint, endpoint, request, **match.values)
        else:
            result = Deferred.fromCoroutine(_let_in(waiting, app, endpoint, request, match.values))
        result.addCallback(_deliver, request)
        if not result.called and request.receiver is None:  # who has received files tidies up undisturbed
            request.notifyFinish().addErrback(_cancel, result)
        result.addErrback(_failed, request, app)
        return NOT_DONE_YET

    def _unrouted(self, request: LeanRequest, error: FwError) -> bytes:
        """The answer for a path or a method that leads nowhere."""
        if request.method == b"OPTIONS" and isinstance(error, MethodNotAllowed):
            return answer(request, 200, _described(request, error.allowed), {"Allow": ", ".join(error.allowed)})
        return told(request, error)


def _described(request: LeanRequest, methods: Sequence[str]) -> Mapping[str, object]:
    """What ``OPTIONS`` tells of a place.  Source: docs/api.md §1.2."""
    words = [word for word in request.path.decode("utf-8", "replace").split("/")[3:] if word and not word.isdigit()]
    name = " ".join(words).replace("-", " ").title()
    return {"name": name, "description": "", "renders": [JSON.decode()], "parses": PARSED, "methods": methods}


async def _let_in(
    waiting: Awaitable[None], app: App, endpoint: str, request: LeanRequest, values: Mapping[str, Any]
) -> Any:
    """Run a handler when the door has opened."""
    await waiting
    result = app.execute_endpoint(endpoint, request, **values)
    return await result if isinstance(result, Awaitable) else result


def _cancel(gone: Failure, work: Deferred[Any]) -> None:
    """Tell a handler that its client has gone."""
    work.cancel()


def _deliver(result: object, request: LeanRequest) -> None:
    """
    Write what a handler returned.

    Bytes and text are the body; a resource (a WebSocket, say) answers itself; None means that all was written.
    """
    if isinstance(result, bytes):
        request.respond(result)
    elif isinstance(result, str):
        request.respond(result.encode("utf-8"))
    elif IResource.providedBy(result):
        request.render(getChildForRequest(result, request))
    elif not request.is_over:
        if request.startedWriting:
            request.finish()
        else:
            request.respond(b"")


def _failed(failure: Failure, request: LeanRequest, app: App) -> Deferred[Any] | None:
    """Answer for a handler that failed: the app's own way if it has one, else the house's."""
    if request.is_over or request.startedWriting:
        _unheard(failure, request)
        return None
    for kinds, handler in app.own_failures:
        if failure.check(*kinds):
            answered = maybeDeferred(app.execute_error_handler, handler, request, failure)
            answered.addCallback(_deliver, request)
            return answered.addErrback(_last_resort, request)
    _last_resort(failure, request)
    return None


def _last_resort(failure: Failure, request: LeanRequest) -> None:
    """Answer in the house's way."""
    error = failure.value
    if request.is_over or request.startedWriting:
        _unheard(failure, request)
    elif isinstance(error, FwError):
        request.respond(_told_or_broken(request, error))
    else:
        request.respond(broken(request, failure))


def _told_or_broken(request: LeanRequest, error: FwError) -> bytes:
    """The answer that tells a failure; one that cannot be told is a bug, and still answered."""
    try:
        return told(request, error)
    except orjson.JSONEncodeError:
        return broken(request, Failure())


def _unheard(failure: Failure, request: LeanRequest) -> None:
    """A failure that nobody can be told of: expected when the client has left, else a bug; the stream is cut."""
    if not failure.check(CancelledError, FwError):
        _log.failure(
            "{path} broke after its answer had begun",
            failure,
            event="web.bug",
            path=request.path.decode("latin-1"),
            request=request.id,
        )
    request.abort()
