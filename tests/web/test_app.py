"""What handlers, failures and requests look like from outside."""

from __future__ import annotations

import contextlib
import errno
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model import errors
from fwtwisted.model.errors import FwError
from fwtwisted.web.app import answer, moved, nothing, resource_app
from fwtwisted.web.reading import Query, document, parsed_document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from tests.web.serving import Served, encoded_form, serve

RAISED: dict[str, FwError] = {
    "invalid": errors.Invalid({"name": ["Too long."], "tags": {"0": ["No."]}}),
    "bad": errors.BadRequest(),
    "nobody": errors.Unauthenticated(),
    "token": errors.Unauthenticated("Invalid token.", invalid_token=True),
    "forbidden": errors.Forbidden(),
    "csrf": errors.CsrfFailed(),
    "unknown": errors.NotFound(),
    "off": errors.NotOffered(),
    "conflict": errors.Conflict(),
    "large": errors.TooLarge(),
    "media": errors.UnsupportedMedia(),
    "throttled": errors.Throttled(7),
    "remote": errors.RemoteFailed(),
    "away": errors.Unavailable(retry_after=9),
    "full": errors.NoRoom(),
    "quota": errors.QuotaExceeded(10, 10),
}


class Things:
    """An app with a bit of everything."""

    app = resource_app()

    def __init__(self) -> None:
        self.waiting: Deferred[None] = Deferred()
        self.started: Deferred[None] = Deferred()
        self.ended: list[str] = []

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        return answer(request, 200, {"when": datetime(2026, 11, 21, 9, 17, 12, tzinfo=UTC)}, {"X-More": "yes"})

    @app.route("/", methods=["POST"])
    async def make(self, request: LeanRequest) -> bytes:
        return answer(request, 201, await document(request))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        return answer(request, 200, {"id": id})

    @app.route("/<int:id>", methods=["DELETE"])
    async def drop(self, request: LeanRequest, id: int) -> bytes:
        return nothing(request)

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def by_uuid(self, request: LeanRequest, uuid: UUID) -> bytes:
        return answer(request, 200, {"uuid": uuid})

    @app.route("/<name>/parts/<path:rest>", methods=["GET"])
    async def parts(self, request: LeanRequest, name: str, rest: str) -> bytes:
        return answer(request, 200, [name, rest])

    @app.route("/named/<name>/", methods=["GET"])
    async def named(self, request: LeanRequest, name: str) -> bytes:
        return answer(request, 200, {"name": name, "q": list(Query.of(request))})

    @app.route("/raised/<kind>/", methods=["GET"])
    async def raised(self, request: LeanRequest, kind: str) -> bytes:
        raise RAISED[kind]

    @app.route("/moved/", methods=["GET"])
    async def elsewhere(self, request: LeanRequest) -> bytes:
        return moved(request, "/api/v1/things/1\r\nX-Bad: 1")

    @app.route("/machine/<int:number>/", methods=["GET"])
    async def machine(self, request: LeanRequest, number: int) -> bytes:
        raise OSError(number, os.strerror(number), "/somewhere")

    @app.route("/bug/", methods=["GET"])
    async def bug(self, request: LeanRequest) -> bytes:
        raise ZeroDivisionError("secret")

    @app.route("/plain/", methods=["GET"])
    def plain(self, request: LeanRequest) -> bytes:
        return answer(request, 200, "plain")

    @app.route("/slow/", methods=["GET"])
    async def slow(self, request: LeanRequest) -> bytes:
        self.started.callback(None)
        try:
            await self.waiting
        except CancelledError:
            self.ended.append("cancelled")
            raise
        return answer(request, 200, "slow")


class OwnErrors:
    """An app that tells failures in its own way."""

    app = resource_app()

    @app.handle_errors(errors.NotFound)
    def told(self, request: LeanRequest, failure: Any) -> bytes:
        return answer(request, 200, {"error": 70})

    @app.route("/", methods=["GET"])
    async def one(self, request: LeanRequest) -> bytes:
        raise errors.NotFound()


class ThingsCase(TestCase):
    """A site with one app, asked over sockets."""

    async def serve(self) -> Served:
        """Serve ``Things``."""
        self.things = Things()
        return await serve(
            self,
            [
                Mount("/api/v1/things", self.things.app.resource()),
                Mount("/api/v1/own", OwnErrors().app.resource()),
            ],
        )


class AppTests(ThingsCase):
    """Answers, paths, methods, failures."""

    async def test_an_answer(self) -> None:
        """JSON with its type, its length and the headers asked for; times in UTC."""
        said = await (await self.serve()).ask("GET", "/api/v1/things/")
        self.assertEqual((200, {"when": "2026-11-21T09:17:12Z"}), (said.status, said.json))
        self.assertEqual(("yes", "nosniff"), (said.header("X-More"), said.header("X-Content-Type-Options")))
        self.assertIsNotNone(said.header("Date"))
        self.assertIsNotNone(said.header("X-Request-ID"))

    async def test_both_slash_forms_answer_alike(self) -> None:
        """With a slash at the end or without, there is no redirect."""
        served = await self.serve()
        for path in ("/api/v1/things", "/api/v1/things/12", "/api/v1/things/named/x"):
            for form in (path, f"{path}/"):
                self.assertEqual(200, (await served.ask("GET", form)).status, form)

    async def test_variables(self) -> None:
        """Numbers, uuids, texts and paths arrive as what they are, decoded once."""
        served = await self.serve()
        uuid = "0f0e0d0c-0b0a-0908-0706-050403020100"
        self.assertEqual({"id": 12}, (await served.ask("GET", "/api/v1/things/12/")).json)
        self.assertEqual({"uuid": uuid}, (await served.ask("GET", f"/api/v1/things/{uuid.upper()}")).json)
        said = await served.ask("GET", "/api/v1/things/named/%C3%A9%2Fx%252/?a=1&a=%ff&b")
        self.assertEqual({"name": "é/x%2", "q": [["a", "1"], ["a", "\ufffd"], ["b", ""]]}, said.json)
        self.assertEqual(["a b", "c/d"], (await served.ask("GET", "/api/v1/things/a%20b/parts/c/d")).json)
        self.assertEqual(200, (await served.ask("GET", "/api/v1/thi%6Egs/")).status)

    async def test_what_leads_nowhere(self) -> None:
        """Unknown paths, absurd numbers, undecodable text and NUL are 404."""
        served = await self.serve()
        for rest in ("/nope/x/y", "/99999999999999999999", "/named/%ff", "/named/%00", "//", "/named/"):
            said = await served.ask("GET", f"/api/v1/things{rest}")
            self.assertEqual((404, {"detail": "Not found."}), (said.status, said.json), rest)
        self.assertEqual(404, (await served.ask("GET", "/api/v1/thingsandmore")).status)

    async def test_methods(self) -> None:
        """A method that a place does not know is 405 with those that it knows; OPTIONS tells them."""
        served = await self.serve()
        said = await served.ask("PUT", "/api/v1/things/12/")
        self.assertEqual((405, {"detail": 'Method "PUT" not allowed.'}), (said.status, said.json))
        self.assertEqual("DELETE, GET, HEAD, OPTIONS", said.header("Allow"))
        said = await served.ask("OPTIONS", "/api/v1/things/12/")
        self.assertEqual((200, "DELETE, GET, HEAD, OPTIONS"), (said.status, said.header("Allow")))
        self.assertEqual(405, (await served.ask("BREW", "/api/v1/things")).status)

    async def test_head_is_get_without_its_body(self) -> None:
        """The same headers, and not a byte more."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("HEAD", "/api/v1/things/12/")
        said = await talk.answer("HEAD")
        self.assertEqual((200, "9", b""), (said.status, said.header("Content-Length"), talk.heard))
        talk.ask("GET", "/api/v1/things/12/")
        self.assertEqual({"id": 12}, (await talk.answer()).json)

    async def test_failures_have_the_contracts_form(self) -> None:
        """Status, body and headers of everything that we raise."""
        served = await self.serve()
        expected = {
            "invalid": 400, "bad": 400, "nobody": 401, "token": 401, "forbidden": 403, "csrf": 403, "unknown": 404,
            "off": 405, "conflict": 409, "large": 413, "media": 415, "throttled": 429, "remote": 502, "away": 503,
            "full": 507, "quota": 400,
        }  # fmt: skip
        for kind, status in expected.items():
            said = await served.ask("GET", f"/api/v1/things/raised/{kind}/")
            self.assertEqual(status, said.status, kind)
            if status != 400:
                self.assertEqual({"detail": str(RAISED[kind])}, said.json)
        said = await served.ask("GET", "/api/v1/things/raised/invalid/")
        self.assertEqual({"name": ["Too long."], "tags": {"0": ["No."]}}, said.json)
        said = await served.ask("GET", "/api/v1/things/raised/quota/")
        self.assertEqual({"non_field_errors": ["upload_quota_reached"]}, said.json)

    async def test_failures_carry_their_headers(self) -> None:
        """A challenge with 401, a time with 429 and 503, methods with 405."""
        served = await self.serve()

        async def header(kind: str, name: str) -> str | None:
            return (await served.ask("GET", f"/api/v1/things/raised/{kind}")).header(name)

        self.assertEqual('Bearer realm="api"', await header("nobody", "WWW-Authenticate"))
        told = await header("token", "WWW-Authenticate")
        self.assertTrue(told is not None and told.startswith('Bearer realm="api",error="invalid_token",'), told)
        self.assertEqual(("7", "9"), (await header("throttled", "Retry-After"), await header("away", "Retry-After")))
        self.assertEqual("GET, HEAD, OPTIONS", await header("off", "Allow"))

    async def test_an_app_may_tell_failures_in_its_own_way(self) -> None:
        """What ``handle_errors`` catches is its, the rest is the house's."""
        served = await self.serve()
        self.assertEqual({"error": 70}, (await served.ask("GET", "/api/v1/own")).json)
        self.assertEqual(405, (await served.ask("POST", "/api/v1/own")).status)

    async def test_the_machine_is_no_bug(self) -> None:
        """A disk that nobody can write on is told as a matter of time; a file that should be there is a bug."""
        served = await self.serve()
        said = await served.ask("GET", f"/api/v1/things/machine/{errno.EROFS}/")
        self.assertEqual((503, "30"), (said.status, said.header("Retry-After")))
        self.assertNotIn("somewhere", said.body.decode())
        self.assertEqual([], self.flushLoggedErrors())
        self.assertEqual(500, (await served.ask("GET", f"/api/v1/things/machine/{errno.ENOENT}/")).status)
        self.assertEqual(1, len(self.flushLoggedErrors(OSError)))

    async def test_a_bug_says_nothing(self) -> None:
        """It is logged; the answer holds no word of it."""
        said = await (await self.serve()).ask("GET", "/api/v1/things/bug/")
        self.assertEqual((500, {"detail": "internal error"}), (said.status, said.json))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    async def test_no_header_can_be_slipped_in(self) -> None:
        """A line break in a value does not start a header."""
        said = await (await self.serve()).ask("GET", "/api/v1/things/moved/")
        self.assertEqual((302, None), (said.status, said.header("X-Bad")))

    async def test_handlers_need_not_be_coroutines(self) -> None:
        """Plain functions answer, too."""
        self.assertEqual("plain", (await (await self.serve()).ask("GET", "/api/v1/things/plain")).json)

    async def test_a_client_that_leaves_cancels_its_handler(self) -> None:
        """Whatever the handler awaits is cancelled, and nothing is logged."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("GET", "/api/v1/things/slow")
        await self.things.started
        talk.hang_up()
        await talk.closed
        while not self.things.ended:
            await served.ask("GET", "/api/v1/things")
        self.assertEqual(["cancelled"], self.things.ended)

    async def test_an_answer_may_take_its_time(self) -> None:
        """Nothing is said before the handler returns."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("GET", "/api/v1/things/slow")
        await self.things.started
        self.assertEqual(b"", talk.heard)
        self.things.waiting.callback(None)
        self.assertEqual("slow", (await talk.answer()).json)

    async def test_many_questions_on_one_connection(self) -> None:
        """Sent at once, they are answered in order."""
        served = await self.serve()
        talk = await served.talk()
        for number in range(50):
            talk.ask("GET", f"/api/v1/things/{number}")
        for number in range(50):
            self.assertEqual({"id": number}, (await talk.answer()).json)


class BodyTests(ThingsCase):
    """Small bodies, as ``document`` reads them."""

    async def make(self, content_type: str | None, body: bytes) -> tuple[int, Any]:
        """Post a body; status and document."""
        headers = {} if content_type is None else {"Content-Type": content_type}
        said = await (await self.serve()).ask("POST", "/api/v1/things", headers, body)
        return said.status, said.json

    async def test_json(self) -> None:
        """An object in JSON, also of the dialects of ActivityPub, with any charset told."""
        for kind in (
            "application/json",
            "application/json; charset=utf-8",
            "application/activity+json",
            "APPLICATION/JSON",
        ):
            self.assertEqual((201, {"a": [1, "é"]}), await self.make(kind, '{"a": [1, "é"]}'.encode()))

    async def test_forms(self) -> None:
        """A repeated name is a list."""
        self.assertEqual(
            (201, {"a": ["1", "2"], "b": "é"}),
            await self.make("application/x-www-form-urlencoded", b"a=1&b=%C3%A9&a=2"),
        )
        body = encoded_form(b"XX", ("a", None, b"1"), ("b", None, "é".encode()), ("a", None, b"2"))
        self.assertEqual((201, {"a": ["1", "2"], "b": "é"}), await self.make("multipart/form-data; boundary=XX", body))

    async def test_no_body_is_no_fields(self) -> None:
        """Whatever its type is said to be."""
        self.assertEqual((201, {}), await self.make("application/json", b""))
        self.assertEqual((201, {}), await self.make(None, b""))

    async def test_broken_bodies(self) -> None:
        """Each is 400 with a word about it."""
        for kind, body in (
            ("application/json", b'{"a": '),
            ("application/json", b"\xff"),
            ("application/json", b'{"a": "\\u0000"}'),
            ("application/json", b"[" * 100_000),
            ("multipart/form-data; boundary=XX", b"nothing of that kind"),
            ("multipart/form-data", b"--XX--"),
            ("multipart/form-data; boundary=XX", encoded_form(b"XX", ("f", "a.mp3", b"x"))),
            ("multipart/form-data; boundary=XX", encoded_form(b"XX", ("f", None, b"x"))[:-6]),
            ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(5000))),
        ):
            status, told = await self.make(kind, body)
            self.assertEqual((400, ["detail"]), (status, list(told)), body[:40])

    async def test_json_that_is_no_object(self) -> None:
        """It is told as a mistake of the whole."""
        status, told = await self.make("application/json", b"[1]")
        self.assertEqual((400, ["non_field_errors"]), (status, list(told)))

    async def test_types_that_nobody_reads(self) -> None:
        """415, also without a type."""
        for kind in ("text/plain", "application/xml", None, "application/jsonp"):
            self.assertEqual(415, (await self.make(kind, b"{}"))[0], kind)


CONTENT_TYPES = (
    b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=XX",
    b"multipart/form-data; boundary=\"", b"multipart/form-data; boundary=" + b"x" * 300, b"text/plain", b";", b"",
)  # fmt: skip


class ForeignBytesTests(SynchronousTestCase):
    """Any bytes: a value, or one of our own errors."""

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(CONTENT_TYPES) | st.binary(max_size=60),
        st.binary(max_size=400)
        | st.lists(
            st.sampled_from([b"--XX", b"\r\n", b"--", b'Content-Disposition: form-data; name="a"', b"x", b"\n"])
        ).map(b"".join),
    )
    def test_documents(self, content_type: bytes, body: bytes) -> None:
        """A document is a dictionary, or a refusal."""
        with contextlib.suppress(FwError):
            self.assertIsInstance(parsed_document(content_type, body), dict)

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=400))
    def test_queries(self, raw: bytes) -> None:
        """A query can always be read, holds no NUL, and the last of equals wins."""
        query = Query.parsed(raw)
        for name, values in query.lists().items():
            self.assertEqual((values[-1], values), (query.get(name), query.all(name)))
            self.assertNotIn("\0", name + "".join(values))
            self.assertIn(name, query)

    def test_a_missing_parameter(self) -> None:
        """It has no value, and no values."""
        query = Query.parsed(b"a=1")
        self.assertEqual((None, "x", []), (query.get("b"), query.get("b", "x"), query.all("b")))
