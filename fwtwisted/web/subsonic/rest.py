"""
One call from the request to the envelope.

Whatever happens, the answer is a well-formed envelope in the format that was asked for: also for names that nobody
knows, for wrong credentials and for our own bugs (docs/subsonic.md §5, rules 21, 32 to 34).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from attrs import evolve
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from fwtwisted.model.errors import FwError, Throttled, Unavailable
from fwtwisted.web.app import reply, resource_app, status_of
from fwtwisted.web.reading import MIB, Query, form_pairs
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.subsonic.calls import EMPTY, Admit, Call, Caller, Counted, Table
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Format, Payload, Server, written
from fwtwisted.wire.subsonic.errors import Code, Refused, code_of, missing

PREFIXES = ("/rest", "//rest", "/api/subsonic/rest")  # the second is what a slash too many makes of the first
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
MOST_PARAMETERS = 20_000  # playlists and queues are sent whole
BODY_LIMIT = 10 * MIB

# Seen by apps from other hosts, which send no cookies (rule 2).
_OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Content-Length, Content-Range, Content-Type, ETag, X-Total-Count, X-Content-Duration"
    ),
}
_NOBODY = Caller()


class Rest:
    """
    Everything under ``/rest``.

    :param areas: objects with calls.
    :param is_enabled: whether the instance offers Subsonic at all (``subsonic__enabled``).
    """

    app = resource_app()
    _log = Logger()

    def __init__(
        self, server: Server, areas: Iterable[object], admit: Admit, is_enabled: Callable[[], Awaitable[bool]]
    ) -> None:
        self._server, self._table, self._admit, self._is_enabled = server, Table(areas), admit, is_enabled

    def mounts(self) -> list[Mount]:
        """Where it hangs."""
        resource = self.app.resource()
        return [Mount(prefix, resource, body_limit=BODY_LIMIT, tells=self.refused) for prefix in PREFIXES]

    def refused(self, request: LeanRequest, error: FwError) -> bytes:
        """The envelope of a request that the front door did not let through, with the status that says why."""
        _open_to_all(request)
        try:
            asked = Asked.of(Query.parsed(request.query_string, MOST_PARAMETERS))
        except FwError:
            asked = Asked({})
        body = self._told(request, asked, error)
        request.code = status_of(error)
        return body

    @app.route("/", methods=METHODS)
    @app.route("/<name>/", methods=METHODS)
    @app.route("//<name>/", methods=METHODS)
    @app.route("/<path:name>/", methods=METHODS)
    async def one(self, request: LeanRequest, name: str = "") -> bytes | None:
        _open_to_all(request)
        asked = Asked({})
        try:
            asked = Asked.of(Query.parsed(request.query_string, MOST_PARAMETERS))
            asked = _with_body(asked, request)
            return await self._answered(request, name, asked)
        except FwError as error:
            return self._told(request, asked, error)
        except CancelledError:
            raise
        except Exception:  # the last guard: apps give up a server that answers anything but an envelope
            self._log.failure("{name} broke", event="subsonic.bug", name=name, request=request.id)
            return self._written(request, asked, 200, self._server.failed(Code.GENERIC, "internal error"))

    async def _answered(self, request: LeanRequest, name: str, asked: Asked) -> bytes | None:
        """What the call answers.  :raise FwError: what went wrong."""
        if not await self._is_enabled():
            raise Refused(Code.GENERIC, "The Subsonic API is disabled on this pod.", status=405)
        call = self._table.find(name)
        if call is None:
            raise Refused(Code.GENERIC, "There is no such call.", status=404)
        if request.method not in call.declared.methods:
            raise Refused(Code.GENERIC, "This call takes another HTTP method.")
        if asked.format is Format.JSONP and asked.callback is None:
            raise missing("callback")
        _check_version(asked)
        if call.declared.keyed and asked.text("apiKey") is None:
            raise Refused(Code.INVALID_KEY, "This call needs an API key.")
        if call.declared.is_open:
            caller = _NOBODY
        else:
            caller = await self._admit(request, asked, is_counted=call.declared.is_counted)
            if call.declared.scope is not None:
                caller.permits(call.declared.scope)
        return await self._run(request, call, asked, caller)

    async def _run(self, request: LeanRequest, call: Call, asked: Asked, caller: Caller) -> bytes | None:
        if call.send is not None:
            return await _sent(request, call.send(request, asked, caller))
        assert call.answer is not None
        if call.declared.writes and request.method == b"HEAD":
            return self._written(request, asked, 200, self._server.ok(EMPTY))
        payload = await call.answer(asked, caller)
        if isinstance(payload, Counted):
            request.setHeader("X-Total-Count", str(payload.total))
            payload = payload.payload
        return self._written(request, asked, 200, self._server.ok(payload))

    def _told(self, request: LeanRequest, asked: Asked, error: FwError) -> bytes:
        """The envelope of a failure."""
        status, help_url = 200, None
        if isinstance(error, Refused):
            status, help_url = error.status, error.help_url
        elif isinstance(error, Throttled):
            status = 429
            request.setHeader("Retry-After", str(error.retry_after))
        return self._written(request, asked, status, self._server.failed(code_of(error), str(error), help_url))

    def _written(self, request: LeanRequest, asked: Asked, status: int, response: Payload) -> bytes:
        """The answer as bytes; JSONP without a callback is told in JSON."""
        format = asked.format
        if format is Format.JSONP and asked.callback is None:
            format = Format.JSON
        return reply(request, status, written(response, format, asked.callback or ""), format.media_type)


def _open_to_all(request: LeanRequest) -> None:
    """Have web apps of any host read the answer."""
    request.responseHeaders.removeHeader(b"Access-Control-Allow-Credentials")
    for header, value in _OPEN_TO_ALL.items():
        request.setHeader(header, value)


def _with_body(asked: Asked, request: LeanRequest) -> Asked:
    """What the query and the body say together; a body that is no form says nothing of parameters (rule 5)."""
    body = request.content.read()
    request.content.seek(0)
    form = form_pairs(request.header(b"Content-Type"), body, MOST_PARAMETERS) if body else []
    return asked.and_then(form) if form else evolve(asked, body=body)


def _check_version(asked: Asked) -> None:
    """Refuse apps of another generation (rule 6); what cannot be read is let in."""
    major = (asked.text("v") or "").partition(".")[0]
    if major.isascii() and major.isdigit() and len(major) < 4 and int(major) != 1:
        if int(major) < 1:
            raise Refused(Code.CLIENT_TOO_OLD, "Incompatible protocol version: the app must upgrade.")
        raise Refused(Code.SERVER_TOO_OLD, "Incompatible protocol version: the server must upgrade.")


async def _sent(request: LeanRequest, sending: Awaitable[bytes | None]) -> bytes | None:
    """
    What a media call sends.

    :raise Refused: with status 503 when the store is away, so that nobody keeps the words as a song.
    """
    try:
        return await sending
    except Unavailable as why:
        request.setHeader("Retry-After", str(why.retry_after))
        raise Refused(Code.GENERIC, str(why), status=503) from why
