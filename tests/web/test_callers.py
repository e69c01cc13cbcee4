"""Who asks: credentials in their order, scopes, and proof that a write was meant."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model.people import TOKEN_SCOPES, USER_SCOPES, Via, Viewer
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers, Cookies, CsrfGuard, Identities, session_key
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from tests.web.serving import Answer, serve

CSRF = "0123456789abcdef" * 2
ANN = Viewer(account_id=1, actor_id=1, username="ann", is_local=True, scopes=USER_SCOPES, via=Via.SESSION)
BOB = Viewer(account_id=2, actor_id=2, username="bob", is_local=True, scopes=TOKEN_SCOPES, via=Via.TOKEN)
READER = Viewer(account_id=3, actor_id=3, username="eve", scopes=frozenset(["read:libraries"]), via=Via.TOKEN)
LISTENER = Viewer(account_id=4, actor_id=4, scopes=frozenset(["read:libraries"]), via=Via.LISTEN_TOKEN)
FOREIGNER = Viewer(actor_id=5, scopes=frozenset(["read:libraries"]))


class Registry:
    """Knows a few credentials; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_open = True

    async def by_token(self, token: str) -> Viewer | None:
        """Tokens of applications."""
        self.asked.append(f"token {token}")
        return {"good": BOB, "reader": READER, "foreign": FOREIGNER}.get(token)

    async def by_session(self, key: str) -> Viewer | None:
        """Sessions."""
        self.asked.append(f"session {key}")
        return {"ann": ANN}.get(key)

    async def by_password(self, username: str, password: str, address: str) -> Viewer | None:
        """Passwords."""
        self.asked.append(f"password {username} {address}")
        return ANN if (username, password) == ("ann", "é:x") else None

    async def by_listen_token(self, token: str) -> Viewer | None:
        """Tokens for streams."""
        return LISTENER if token == "listen" else None

    async def open(self) -> bool:
        """Whether visitors may read."""
        return self.is_open


class Doorman:
    """An app with a place for each kind of caller."""

    app = resource_app()

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    @app.route("/public", methods=["GET", "POST"])
    async def public(self, request: LeanRequest) -> bytes:
        return self._told(request, await self._callers.public(request))

    @app.route("/open", methods=["GET", "POST"])
    async def open(self, request: LeanRequest) -> bytes:
        await self._callers.public(request)
        return self._told(request, await self._callers.open(request, "libraries"))

    @app.route("/filters", methods=["GET"])
    async def never_open(self, request: LeanRequest) -> bytes:
        return self._told(request, await self._callers.open(request, "filters"))

    @app.route("/scoped", methods=["GET", "POST"])
    async def scoped(self, request: LeanRequest) -> bytes:
        return self._told(request, await self._callers.scoped(request, "profile"))

    @app.route("/security", methods=["GET"])
    async def security(self, request: LeanRequest) -> bytes:
        return self._told(request, await self._callers.scoped(request, "security"))

    @app.route("/user", methods=["GET"])
    async def user(self, request: LeanRequest) -> bytes:
        return self._told(request, await self._callers.user(request))

    @app.route("/listen", methods=["GET"])
    async def listen(self, request: LeanRequest) -> bytes:
        return self._told(request, await self._callers.listener(request))

    @app.route("/login", methods=["POST"])
    async def login(self, request: LeanRequest) -> bytes:
        self._callers.check_csrf(request)
        return nothing(request)

    def _told(self, request: LeanRequest, viewer: Viewer) -> bytes:
        return answer(request, 200, {"who": viewer.username, "via": viewer.via, "scopes": len(viewer.scopes)})


class CallersCase(TestCase):
    """A doorman who can be asked."""

    secure = False

    def setUp(self) -> None:
        """What is known."""
        self.registry = registry = Registry()
        known = Identities(registry.by_token, registry.by_session, registry.by_password, registry.by_listen_token)
        guard = CsrfGuard(self.secure, frozenset(["pod.example", "other.example:8443"]))
        self.doorman = Doorman(Callers(known, registry.open, guard))

    async def ask(self, method: str, place: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a place."""
        served = await serve(self, [Mount("/api", self.doorman.app.resource())])
        return await served.ask(method, f"/api/{place}", headers)

    async def who(self, place: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> str:
        """Who was let in; or the status and the words of the refusal."""
        said = await self.ask(method, place, headers)
        return said.json["who"] if said.status == 200 else f"{said.status} {said.json['detail']}"


def bearer(token: str) -> dict[str, str]:
    """A token in the header."""
    return {"Authorization": f"Bearer {token}"}


def basic(pair: str) -> dict[str, str]:
    """Name and password in the header."""
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


NOBODY = "401 Authentication credentials were not provided."


class CredentialsTests(CallersCase):
    """What is believed, in which order."""

    async def test_tokens(self) -> None:
        """In the header or the query; the word Bearer in any case."""
        self.assertEqual("bob", await self.who("user", bearer("good")))
        self.assertEqual("bob", await self.who("user", {"Authorization": "bEaReR  good "}))
        self.assertEqual("bob", await self.who("user?token=good"))
        self.assertEqual("bob", await self.who("user?access_token=good"))
        self.assertEqual("bob", await self.who("user?token=bad&token=good"))

    async def test_passwords(self) -> None:
        """Basic, in UTF-8, with colons in the password; a wrong one is told at once, everywhere."""
        self.assertEqual("ann", await self.who("user", basic("ann:é:x")))
        self.assertEqual(["password ann 127.0.0.1"], self.registry.asked)
        self.assertEqual("401 Invalid username/password.", await self.who("public", basic("ann:no")))
        for value in ("Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Basic /w=="):
            self.assertEqual("401 Invalid basic header.", await self.who("public", {"Authorization": value}), value)

    async def test_sessions(self) -> None:
        """The cookie; an unknown one is nobody."""
        self.assertEqual("ann", await self.who("user", {"Cookie": "a=b; sessionid=ann"}))
        self.assertEqual("", await self.who("public", {"Cookie": "sessionid=gone"}))
        self.assertEqual(NOBODY, await self.who("user", {"Cookie": "sessionid=gone"}))

    async def test_the_order(self) -> None:
        """Header, query, then the session; what is not believed is passed over."""
        both = bearer("bad") | {"Cookie": "sessionid=ann"}
        self.assertEqual("ann", await self.who("user?token=worse", both))
        self.assertEqual(["token bad", "token worse", "session ann"], self.registry.asked)
        self.assertEqual("bob", await self.who("user", bearer("good") | {"Cookie": "sessionid=ann"}))

    async def test_a_bad_token(self) -> None:
        """It is nobody where that is enough, and told where somebody is needed."""
        self.assertEqual("", await self.who("public", bearer("bad")))
        said = await self.ask("GET", "user", bearer("bad"))
        self.assertEqual(401, said.status)
        self.assertIn('error="invalid_token"', said.header("WWW-Authenticate") or "")
        self.assertEqual('Bearer realm="api"', (await self.ask("GET", "user")).header("WWW-Authenticate"))

    async def test_strange_credentials(self) -> None:
        """Other schemes are ignored, absurd ones too."""
        for value in ('Signature keyId="x"', "Bearer", "", "x", "Bearer " + "y" * 5000, "\xff"):
            self.assertEqual(NOBODY, await self.who("user", {"Authorization": value}), value[:20])

    async def test_one_request_is_looked_up_once(self) -> None:
        """However often the handler asks."""
        await self.who("open", bearer("good"))
        self.assertEqual(["token good"], self.registry.asked)


class ScopeTests(CallersCase):
    """Who may."""

    async def test_visitors(self) -> None:
        """They read on an open pod what is open, and nothing else."""
        said = await self.ask("GET", "open")
        self.assertEqual((200, 6), (said.status, said.json["scopes"]))
        self.assertEqual(NOBODY, await self.who("open", method="POST"))
        self.assertEqual(NOBODY, await self.who("filters"))
        self.assertEqual(NOBODY, await self.who("scoped"))
        self.registry.is_open = False
        self.assertEqual(NOBODY, await self.who("open"))
        self.assertEqual(401, (await self.ask("HEAD", "open")).status)

    async def test_scopes(self) -> None:
        """Reading and writing ask for their own."""
        refused = "403 You do not have permission to perform this action."
        self.assertEqual("eve", await self.who("open", bearer("reader")))
        self.assertEqual(refused, await self.who("open", bearer("reader"), "POST"))
        self.assertEqual(refused, await self.who("scoped", bearer("reader")))
        self.assertEqual(refused, await self.who("security", bearer("good")))
        self.assertEqual("ann", await self.who("security", basic("ann:é:x")))
        self.assertEqual(200, (await self.ask("HEAD", "scoped", bearer("reader"))).status)

    async def test_actors_of_other_pods_are_no_users(self) -> None:
        """They read, and have no account."""
        self.assertEqual(200, (await self.ask("GET", "open", bearer("foreign"))).status)
        self.assertEqual(401, (await self.ask("GET", "user", bearer("foreign"))).status)

    async def test_listeners(self) -> None:
        """A listen token opens streams only; a token that is none is told."""
        said = await self.ask("GET", "listen?token=listen")
        self.assertEqual((200, "listen-token"), (said.status, said.json["via"]))
        self.assertEqual("bob", await self.who("listen?token=good"))
        self.assertEqual("401 Invalid token.", await self.who("listen?token=bad"))
        self.assertEqual("401 Invalid token.", await self.who("user?token=listen"))
        self.assertEqual("", await self.who("listen"))


class CsrfTests(CallersCase):
    """Writes by session."""

    async def write(self, place: str = "public", **headers: str) -> str:
        """A write; the refusal's reason, or the status."""
        said = await self.ask("POST", place, {name.replace("_", "-"): value for name, value in headers.items()})
        return said.json["detail"].removeprefix("CSRF Failed: ") if said.status == 403 else str(said.status)

    async def test_a_session_must_repeat_its_token(self) -> None:
        """Cookie and header agree, or the write is refused."""
        session = "sessionid=ann; "
        self.assertEqual("CSRF cookie not set.", await self.write(Cookie=session))
        self.assertEqual(
            "CSRF cookie not set.", await self.write(Cookie=session + "csrftoken=short", X_CSRFToken="short")
        )
        self.assertEqual("CSRF token missing.", await self.write(Cookie=session + f"csrftoken={CSRF}"))
        for wrong in ("x", CSRF[:-1] + "x", "", "\xff"):
            told = await self.write(Cookie=session + f"csrftoken={CSRF}", X_CSRFToken=wrong)
            self.assertEqual("CSRF token incorrect.", told, wrong)
        self.assertEqual("200", await self.write(Cookie=session + f"csrftoken={CSRF}", X_CSRFToken=CSRF))

    async def test_reading_needs_no_proof(self) -> None:
        """Nor does a token, a password, or nobody at all."""
        self.assertEqual("ann", await self.who("public", {"Cookie": "sessionid=ann"}))
        self.assertEqual("200", await self.write(**bearer("good"), Cookie="sessionid=ann"))
        self.assertEqual("200", await self.write(**basic("ann:é:x")))
        self.assertEqual("200", await self.write())

    async def test_logging_in_always_needs_it(self) -> None:
        """There is no session yet, and still the write must be meant."""
        self.assertEqual("CSRF cookie not set.", await self.write("login"))
        self.assertEqual("204", await self.write("login", Cookie=f"csrftoken={CSRF}", X_CSRFToken=CSRF))


class SecureCsrfTests(CsrfTests):
    """The same over https: the page must be ours."""

    secure = True

    async def write(self, place: str = "public", **headers: str) -> str:
        """As above, from a page of ours."""
        return await super().write(place, **({"Origin": "https://pod.example"} | headers))

    async def test_the_page_must_be_ours(self) -> None:
        """By its Origin, or without one by the Referer."""
        good = {"Cookie": f"sessionid=ann; csrftoken={CSRF}", "X_CSRFToken": CSRF}
        for origin in ("https://pod.example", "https://POD.example:443", "https://other.example:8443"):
            self.assertEqual("200", await self.write(**good, Origin=origin), origin)
        for origin in (
            "https://evil.example",
            "http://pod.example",
            "https://pod.example:444",
            "null",
            "https://[",
            "https://a:b",
        ):
            self.assertEqual("Origin checking failed.", await self.write(**good, Origin=origin), origin)
        said = await self.ask("POST", "public", {"Cookie": good["Cookie"], "X-CSRFToken": CSRF})
        self.assertEqual("CSRF Failed: Referer checking failed - no Referer.", said.json["detail"])
        for referer, status in {
            "https://pod.example/a?b": 200,
            "https://evil.example/https://pod.example": 403,
        }.items():
            headers = {"Cookie": good["Cookie"], "X-CSRFToken": CSRF, "Referer": referer}
            self.assertEqual(status, (await self.ask("POST", "public", headers)).status)


class Baker:
    """Gives out cookies."""

    app = resource_app()

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    @app.route("/in", methods=["POST"])
    async def sign_in(self, request: LeanRequest) -> bytes:
        self._cookies.give_session(request, "key")
        self._cookies.renew_csrf(request)
        return nothing(request)

    @app.route("/out", methods=["POST"])
    async def sign_out(self, request: LeanRequest) -> bytes:
        self._cookies.take_session(request)
        return answer(request, 200, session_key(request))


class CookieTests(TestCase):
    """The cookies that we give out."""

    async def baked(self, path: str, secure: bool) -> Answer:
        """An answer with cookies."""
        cookies = Cookies(secure, 1000, lambda: CSRF)
        served = await serve(self, [Mount("", Baker(cookies).app.resource())])
        return await served.ask("POST", path, {"Cookie": 'sessionid="old"'})

    async def test_signing_in(self) -> None:
        """The session is out of the page's reach, its token is not; both are for https when the pod is."""
        self.assertEqual(
            {
                "sessionid": "key; Path=/; Max-Age=1000; HttpOnly; SameSite=lax",
                "csrftoken": f"{CSRF}; Path=/; Max-Age=31449600; SameSite=lax",
            },
            (await self.baked("/in", secure=False)).cookies,
        )
        for attributes in (await self.baked("/in", secure=True)).cookies.values():
            self.assertIn("; Secure", attributes)

    async def test_signing_out(self) -> None:
        """The cookie is taken back."""
        said = await self.baked("/out", secure=False)
        self.assertTrue(said.cookies["sessionid"].startswith("; Path=/; Max-Age=0;"), said.cookies)
        self.assertEqual("old", said.json)


class TokenTests(SynchronousTestCase):
    """Fresh tokens."""

    def test_they_differ_and_are_accepted_back(self) -> None:
        """Each is new, and of the form that the guard takes."""
        cookies = Cookies(secure=False)
        first, second = cookies.new_token(), cookies.new_token()
        self.assertNotEqual(first, second)
        self.assertRegex(first, r"^[A-Za-z0-9]{32,64}$")
