"""OAuth 2 as programs and pages use it (docs/api.md §4.4)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from tests.rest.pod import FORM, PASSWORD, Client, PodCase, query_of
from tests.web.serving import Answer

PLACE = "https://music.example/auth/callback"
ANDROID = "urn:/audio.funkwhale.funkwhale-android/oauth/callback"
BY_HAND = "urn:ietf:wg:oauth:2.0:oob"
XHR = {"X-Requested-With": "XMLHttpRequest"}
VERIFIER = "a-verifier-that-only-the-program-knows-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@frozen
class Program:
    """A program that was registered, and whatever else its requests say."""

    client_id: str
    client_secret: str

    @property
    def proof(self) -> dict[str, str]:
        """Its credentials, as a body has them."""
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    @property
    def header(self) -> dict[str, str]:
        """The same by HTTP Basic."""
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


class OAuthCase(PodCase):
    """A pod with alice, and a program that she may let in."""

    environment: Mapping[str, str] = {"THROTTLING_ENABLED": "false"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.outside = self.bearing("")
        self.outside.headers.clear()
        self.player = await self.registered()

    async def registered(self, places: str = f"{PLACE} {ANDROID} {BY_HAND}", scopes: str = "read write") -> Program:
        """A program that registered itself."""
        wish = {"name": "Player", "website": "https://music.example", "redirect_uris": places, "scopes": scopes}
        made = await self.outside.post("oauth/apps/", wish)
        self.assertEqual(201, made.status, made)
        return Program(made.json["client_id"], made.json["client_secret"])

    async def decided(
        self, program: Program | None = None, who: Client | None = None, page: bool = True, **fields: str
    ) -> Answer:
        """What the server says to somebody who decides about a program."""
        sent = {
            "client_id": (program or self.player).client_id, "redirect_uri": PLACE, "response_type": "code",
            "scope": "read write", "state": "/library", "nonce": "undefined", "allow": "true",
        } | fields  # fmt: skip
        body = urlencode({name: value for name, value in sent.items() if value != "left out"}).encode()
        return await (who or self.alice).ask("POST", "oauth/authorize/", body, FORM, XHR if page else {})

    async def code(self, program: Program | None = None, **fields: Any) -> str:
        """A fresh code."""
        said = await self.decided(program, **fields)
        self.assertEqual(200, said.status, said)
        code: str = said.json["code"]
        return code

    async def asked(self, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        """What the token endpoint says to a form."""
        return await self.outside.ask("POST", "oauth/token/", urlencode(fields).encode(), FORM, headers)

    async def exchanged(self, code: str, program: Program | None = None, **fields: Any) -> Answer:
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": PLACE} | fields
        return await self.asked(None, **(program or self.player).proof, **sent)

    async def refreshed(self, token: str, program: Program | None = None, **fields: Any) -> Answer:
        sent = {"grant_type": "refresh_token", "refresh_token": token} | fields
        return await self.asked(None, **(program or self.player).proof, **sent)

    async def tokens(self, program: Program | None = None, **fields: Any) -> dict[str, Any]:
        """A pair of tokens for alice."""
        said = await self.exchanged(await self.code(program, **fields), program)
        self.assertEqual(200, said.status, said)
        pair: dict[str, Any] = said.json
        return pair

    async def opens(self, token: str) -> bool:
        """Whether an access token opens anything."""
        return (await self.bearing(token).get("users/me/")).status == 200

    def assertRefused(self, error: str, said: Answer, status: int = 400) -> None:
        self.assertEqual((status, {"error": error}), (said.status, said.json))
        self.assertEqual("no-store", said.header("Cache-Control"))

    def assertOneWins(self, said: list[Answer]) -> None:
        self.assertEqual(1, sum(one.status == 200 for one in said), [one.status for one in said])
        for one in said:
            if one.status != 200:
                self.assertRefused("invalid_grant", one)


class JourneyTests(OAuthCase):
    """The ways of the three clients."""

    async def test_a_web_app_elsewhere_signs_in_and_stays_signed_in(self) -> None:
        """Consent by script, tokens by multipart, refresh: the old pair is dead, the new one works."""
        said = await self.decided()
        self.assertEqual(["redirect_uri", "code"], list(said.json))
        place, _, _ = said.json["redirect_uri"].partition("?")
        self.assertEqual(PLACE, place)
        self.assertEqual([("code", said.json["code"]), ("state", "/library")], query_of(said.json["redirect_uri"]))
        sent = {"grant_type": "authorization_code", "code": said.json["code"], "redirect_uri": PLACE}
        sent |= self.player.proof
        first = await self.outside.parts("oauth/token/", *((name, None, text.encode()) for name, text in sent.items()))
        self.assertEqual(200, first.status, first)
        pair = first.json
        self.assertEqual(["access_token", "expires_in", "token_type", "scope", "refresh_token"], list(pair))
        self.assertEqual((36000, "Bearer", "read write"), (pair["expires_in"], pair["token_type"], pair["scope"]))
        self.assertEqual("no-store", first.header("Cache-Control"))
        me = await self.bearing(pair["access_token"]).get("users/me/")
        self.assertEqual("alice", me.json["username"])

        second = (await self.refreshed(pair["refresh_token"])).json
        self.assertEqual(list(pair), list(second))
        self.assertTrue(await self.opens(second["access_token"]))
        dead = await self.bearing(pair["access_token"]).get("users/me/")
        self.assertEqual(401, dead.status)
        self.assertIn('error="invalid_token"', dead.header("WWW-Authenticate") or "")

    async def test_android_always_sends_a_verifier(self) -> None:
        """It is ignored when the consent page had lost the challenge."""
        code = await self.code(redirect_uri=ANDROID)
        said = await self.exchanged(code, redirect_uri=ANDROID, code_verifier=VERIFIER)
        self.assertEqual(200, said.status, said)
        me = await self.bearing(said.json["access_token"]).get("users/users/me/")
        self.assertEqual("alice@pod.example", me.json["full_username"])

    async def test_mopidy_sends_its_credentials_in_the_header(self) -> None:
        """The scope comes back as it was asked for; the token opens streams in the query."""
        scope = "read:libraries read:favorites read:playlists"
        program = await self.registered(BY_HAND, scope)
        code = await self.code(program, redirect_uri=BY_HAND, scope=scope)
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": BY_HAND}
        said = await self.asked(program.header, **sent)
        self.assertEqual((200, scope), (said.status, said.json["scope"]))
        again = await self.asked(
            program.header, grant_type="refresh_token", refresh_token=said.json["refresh_token"], **program.proof
        )
        self.assertEqual((200, scope), (again.status, again.json["scope"]))
        token = again.json["access_token"]
        library = await self.library_of(self.alice)
        track, *_ = await self.an_album_of(library, tracks=1)
        body = await self.a_file(library, track)
        for name in ("token", "access_token"):
            self.assertEqual(200, (await self.outside.get("tracks/", **{name: token})).status, name)
        place = f"listen/{await self.track_uuid(track)}/"
        heard = await self.outside.get(place, token=token)
        self.assertEqual((200, body), (heard.status, heard.body))
        self.assertEqual(401, (await self.outside.get(place, token="none")).status)

    async def test_json_will_do(self) -> None:
        """Consent and tokens by JSON."""
        wish = {"client_id": self.player.client_id, "redirect_uri": PLACE, "scope": "read", "allow": True}
        said = await self.alice.ask(
            "POST", "oauth/authorize", orjson.dumps(wish), "application/json", {"X-Requested-With": "xmlhttprequest"}
        )
        sent = {"grant_type": "authorization_code", "code": said.json["code"], "redirect_uri": PLACE}
        self.assertEqual(200, (await self.outside.post("oauth/token", sent | self.player.proof)).status)

    async def test_a_browser_without_scripts_is_sent_on(self) -> None:
        """A redirect with code and state; what the place's own query says is kept."""
        place = "https://music.example/cb?a=1"
        program = await self.registered(place)
        said = await self.decided(program, page=False, redirect_uri=place, state="x y&z")
        self.assertEqual(302, said.status)
        told = query_of(said.header("Location") or "")
        self.assertEqual([("a", "1"), ("state", "x y&z")], [told[0], told[2]])
        self.assertEqual(200, (await self.exchanged(told[1][1], program, redirect_uri=place)).status)

    async def test_the_address_of_the_api_leads_to_the_page(self) -> None:
        """People are led on; programs without a login are told so."""
        said = await self.outside.get("oauth/authorize/?client_id=x&state=a%20b", {"Accept": "text/html,*/*"})
        self.assertEqual((302, "/authorize?client_id=x&state=a%20b"), (said.status, said.header("Location")))
        self.assertEqual(401, (await self.outside.get("oauth/authorize/")).status)


class ConsentTests(OAuthCase):
    """What a person decides."""

    async def test_only_a_person_lets_a_program_in(self) -> None:
        """Visitors and programs cannot, nor a page of somebody else's that the browser is on."""
        self.assertEqual(401, (await self.decided(who=self.outside)).status)
        program = await self.program(self.alice, "read write")
        self.assertEqual(403, (await self.decided(who=program)).status)
        self.assertEqual(403, (await self.decided(who=self.bearing((await self.tokens())["access_token"]))).status)
        self.alice.cookies.pop("csrftoken")
        self.assertEqual(403, (await self.decided()).status)

    async def test_places_are_compared_letter_by_letter(self) -> None:
        """Nobody is sent anywhere else."""
        for place in (
            f"{PLACE}/", f"{PLACE}?x=1", PLACE.upper(), "https://evil.example/", "javascript:alert(1)", f" {PLACE}",
            f"{PLACE} {ANDROID}", "left out", "undefined", "",
        ):  # fmt: skip
            for page in (True, False):
                said = await self.decided(redirect_uri=place, page=page)
                self.assertEqual((400, ["detail"]), (said.status, list(said.json)), place)
                self.assertIsNone(said.header("Location"))

    async def test_the_only_place_need_not_be_named(self) -> None:
        """Neither at the consent nor at the exchange."""
        program = await self.registered(PLACE)
        code = await self.code(program, redirect_uri="undefined")
        said = await self.asked(None, grant_type="authorization_code", code=code, **program.proof)
        self.assertEqual(200, said.status, said)

    async def test_what_scripts_write_for_nothing_is_nothing(self) -> None:
        """``undefined`` values are as good as absent ones."""
        said = await self.decided(
            state="undefined", response_type="undefined", code_challenge="undefined", code_challenge_method="undefined"
        )
        self.assertEqual([("code", said.json["code"])], query_of(said.json["redirect_uri"]))
        self.assertEqual(200, (await self.exchanged(said.json["code"])).status)

    async def test_what_is_wrong_is_told_by_field(self) -> None:
        """400 with the names that the contract has."""
        wrong: tuple[tuple[dict[str, Any], list[str]], ...] = (
            ({"client_id": "unknown"}, ["non_field_errors"]),
            ({"scope": "left out"}, ["scope"]),
            ({"scope": "undefined"}, ["scope"]),
            ({"scope": "read everything"}, ["scope"]),
            ({"response_type": "token"}, ["response_type"]),
            ({"code_challenge": "short"}, ["code_challenge"]),
            ({"code_challenge": CHALLENGE, "code_challenge_method": "md5"}, ["code_challenge_method"]),
        )
        for fields, names in wrong:
            said = await self.decided(**fields)
            self.assertEqual((400, names), (said.status, list(said.json)), fields)

    async def test_a_refusal_is_told_to_the_program(self) -> None:
        """400, with the place where the page may lead its person; nothing is granted."""
        for allow in ("false", "left out", "undefined"):
            said = await self.decided(allow=allow)
            self.assertEqual((400, "access_denied"), (said.status, said.json["error"]))
            self.assertIn("detail", said.json)
            told = query_of(said.json["redirect_uri"])
            self.assertEqual([("error", "access_denied"), ("state", "/library")], told)
        self.assertEqual([], (await self.alice.get("oauth/grants/")).json)

    async def test_a_place_is_one_that_browsers_can_be_sent_to(self) -> None:
        """No scripts, no fragments, no missing hosts."""
        for place in (
            "javascript:alert(1)",
            "data:text/html,x",
            f"{PLACE}#x",
            "https:///x",
            "/x",
            "https://ü.example/",
        ):
            said = await self.outside.post("oauth/apps/", {"name": "x", "redirect_uris": place})
            self.assertEqual((400, ["redirect_uris"]), (said.status, list(said.json)), place)
        for place in (BY_HAND, f"{BY_HAND}:auto", ANDROID, "http://localhost:8000/", "https://[::1]/x?y=z"):
            self.assertTrue(await self.registered(place), place)


class ExchangeTests(OAuthCase):
    """A code becomes tokens, once."""

    async def test_a_code_that_was_used_ends_what_came_of_it(self) -> None:
        """``invalid_grant``, and the tokens are dead, the refreshed ones too; other sign-ins live."""
        other = await self.tokens()
        code = await self.code()
        pair = (await self.exchanged(code)).json
        pair = (await self.refreshed(pair["refresh_token"])).json
        self.assertRefused("invalid_grant", await self.exchanged(code))
        self.assertFalse(await self.opens(pair["access_token"]))
        self.assertRefused("invalid_grant", await self.refreshed(pair["refresh_token"]))
        self.assertTrue(await self.opens(other["access_token"]))

    async def test_of_exchanges_at_once_one_wins(self) -> None:
        """The others are refused."""
        for _ in range(3):
            code = await self.code()
            self.assertOneWins(await _together(*(self.exchanged(code) for _ in range(6))))

    async def test_a_code_is_one_program_s_for_one_place_and_a_short_time(self) -> None:
        """Each mistake is refused, and the true program is not harmed by others' tries."""
        stranger = await self.registered()
        code = await self.code()
        self.assertRefused("invalid_grant", await self.exchanged(code, stranger))
        self.assertRefused("invalid_grant", await self.exchanged(code, redirect_uri=ANDROID))
        self.assertRefused("invalid_request", await self.exchanged(code, redirect_uri=""))
        self.assertEqual(200, (await self.exchanged(code)).status)
        old = await self.code()
        await self.do("UPDATE oauth_code SET expires = now() - interval '1 second' WHERE spent IS NULL")
        self.assertRefused("invalid_grant", await self.exchanged(old))
        self.assertRefused("invalid_grant", await self.exchanged("never"))

    async def test_a_challenge_must_be_answered(self) -> None:
        """By its verifier alone; both methods; plain where none is named."""
        ways: tuple[dict[str, Any], ...] = (
            {"code_challenge": CHALLENGE, "code_challenge_method": "S256"},
            {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
            {"code_challenge": VERIFIER},
        )
        for way in ways:
            code = await self.code(**way)
            self.assertRefused("invalid_grant", await self.exchanged(code))
            self.assertRefused("invalid_grant", await self.exchanged(code, code_verifier=VERIFIER + "x"))
            self.assertRefused("invalid_grant", await self.exchanged(code, code_verifier=CHALLENGE))
            self.assertEqual(200, (await self.exchanged(code, code_verifier=VERIFIER)).status, way)

    async def test_a_program_must_prove_who_it_is(self) -> None:
        """401 ``invalid_client``, however it fails; by the header, the header's scheme is asked for."""
        code = await self.code()
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": PLACE}
        player = self.player
        for proof in (
            {}, {"client_id": player.client_id}, {"client_secret": player.client_secret},
            player.proof | {"client_secret": "no"}, player.proof | {"client_id": "unknown"},
        ):  # fmt: skip
            said = await self.asked(None, **sent, **proof)
            self.assertRefused("invalid_client", said, 401)
            self.assertIn("Bearer", said.header("WWW-Authenticate") or "")
        for header in ("Basic", "Basic !", "Basic eDp5", "Basic eA=="):
            said = await self.asked({"Authorization": header}, **sent)
            self.assertRefused("invalid_client", said, 401)
            self.assertIn("Basic", said.header("WWW-Authenticate") or "")
        stranger = await self.registered()
        self.assertRefused("invalid_client", await self.asked(player.header, **sent, **stranger.proof), 401)
        self.assertEqual(200, (await self.asked(player.header, **sent)).status)

    async def test_nonsense_is_told_in_oauth_s_words(self) -> None:
        """Unknown kinds of grants, missing and repeated values, broken bodies."""
        proof = self.player.proof
        self.assertRefused("unsupported_grant_type", await self.asked(None, grant_type="password", **proof))
        for sent in ({}, {"grant_type": "authorization_code"}, {"grant_type": "refresh_token"}):
            self.assertRefused("invalid_request", await self.asked(None, **sent, **proof))
        for body, kind in (
            (b"{", "application/json"), (b"[]", "application/json"), (b"x", "image/png"), (b"", FORM),
            (b"grant_type=refresh_token&grant_type=refresh_token&refresh_token=x", FORM),
            (b'{"grant_type": {"a": 1}}', "application/json"),
            (b"--x", "multipart/form-data; boundary=limit"),
        ):  # fmt: skip
            self.assertRefused("invalid_request", await self.outside.ask("POST", "oauth/token/", body, kind))
        self.assertEqual(405, (await self.outside.get("oauth/token/")).status)


class LifeTests(OAuthCase):
    """How tokens go on and end."""

    async def test_a_refresh_token_that_was_used_ends_its_family(self) -> None:
        """Somebody else has it too; other families of the same program live."""
        other = await self.tokens()
        first = await self.tokens()
        second = (await self.refreshed(first["refresh_token"])).json
        self.assertTrue(await self.opens(second["access_token"]))
        self.assertRefused("invalid_grant", await self.refreshed(first["refresh_token"]))
        self.assertFalse(await self.opens(second["access_token"]))
        self.assertRefused("invalid_grant", await self.refreshed(second["refresh_token"]))
        self.assertTrue(await self.opens(other["access_token"]))
        self.assertEqual(200, (await self.refreshed(other["refresh_token"])).status)

    async def test_a_program_that_lost_the_answer_signs_in_again_and_no_worse(self) -> None:
        """``invalid_grant``, once; the program is still known, and the next consent works."""
        first = await self.tokens()
        self.assertEqual(200, (await self.refreshed(first["refresh_token"])).status)  # and the line breaks
        self.assertRefused("invalid_grant", await self.refreshed(first["refresh_token"]))
        self.assertTrue(await self.opens((await self.tokens())["access_token"]))

    async def test_of_refreshes_at_once_one_wins(self) -> None:
        """The others are refused, and the old pair is dead."""
        for _ in range(3):
            pair = await self.tokens()
            self.assertOneWins(await _together(*(self.refreshed(pair["refresh_token"]) for _ in range(6))))
            self.assertFalse(await self.opens(pair["access_token"]))

    async def test_refreshing_asks_for_no_more_than_was_granted(self) -> None:
        """The same scope, or none; more is refused, and the token is not spent by that."""
        pair = await self.tokens(scope="read")
        self.assertRefused("invalid_scope", await self.refreshed(pair["refresh_token"], scope="read write"))
        self.assertEqual("read", (await self.refreshed(pair["refresh_token"], scope="read")).json["scope"])

    async def test_tokens_run_out(self) -> None:
        """The access token first, the refresh token later."""
        pair = await self.tokens()
        await self.do("UPDATE oauth_token SET access_expires = now() - interval '1 second'")
        self.assertFalse(await self.opens(pair["access_token"]))
        pair = (await self.refreshed(pair["refresh_token"])).json
        await self.do("UPDATE oauth_token SET refresh_expires = now() - interval '1 second'")
        self.assertRefused("invalid_grant", await self.refreshed(pair["refresh_token"]))

    async def test_a_program_gives_a_token_back(self) -> None:
        """Either kind ends both; unknown ones and others' are nobody's concern; secrets are asked for first."""
        stranger = await self.registered()
        for kind in ("access_token", "refresh_token"):
            pair = await self.tokens()
            token = pair[kind]
            for proof, status in ((stranger.proof, 200), (self.player.proof | {"client_secret": "no"}, 401)):
                said = await self.outside.form("oauth/revoke/", token=token, **proof)
                self.assertEqual(status, said.status)
                self.assertTrue(await self.opens(pair["access_token"]))
            said = await self.outside.form("oauth/revoke/", token=token, token_type_hint=kind, **self.player.proof)
            self.assertEqual((200, b""), (said.status, said.body))
            self.assertFalse(await self.opens(pair["access_token"]))
            self.assertRefused("invalid_grant", await self.refreshed(pair["refresh_token"]))
        self.assertEqual(200, (await self.outside.form("oauth/revoke/", token="x", **self.player.proof)).status)
        self.assertRefused("invalid_request", await self.outside.form("oauth/revoke/", **self.player.proof))

    async def test_a_person_sees_and_ends_what_was_granted(self) -> None:
        """An array of programs; only one's own; what has ended is gone from it."""
        bob = await self.person("bob")
        pair = await self.tokens()
        code = await self.code()
        place = f"oauth/grants/{self.player.client_id}/"
        listed = (await self.alice.get("oauth/grants")).json
        self.assertEqual([["client_id", "name", "scopes", "created", "updated"]], [list(one) for one in listed])
        self.assertEqual(listed[0], (await self.alice.get(place)).json)
        self.assertEqual([], (await bob.get("oauth/grants/")).json)
        for method in ("GET", "DELETE"):
            self.assertEqual(404, (await bob.send(method, place)).status)
            self.assertEqual(403, (await self.bearing(pair["access_token"]).send(method, place)).status)
        self.assertEqual(204, (await self.alice.delete(place)).status)
        self.assertFalse(await self.opens(pair["access_token"]))
        self.assertRefused("invalid_grant", await self.refreshed(pair["refresh_token"]))
        self.assertRefused("invalid_grant", await self.exchanged(code))
        self.assertEqual([], (await self.alice.get("oauth/grants/")).json)
        self.assertEqual(404, (await self.alice.delete(place)).status)

    async def test_a_refresh_does_not_outlive_the_revocation_that_it_meets(self) -> None:
        """However the two interleave, nothing opens afterwards."""
        place = f"oauth/grants/{self.player.client_id}/"
        for _ in range(5):
            pair = await self.tokens()
            refreshed, ended = await _together(self.refreshed(pair["refresh_token"]), self.alice.delete(place))
            self.assertEqual(204, ended.status)
            if refreshed.status == 200:
                self.assertFalse(await self.opens(refreshed.json["access_token"]))
            self.assertEqual([], (await self.alice.get("oauth/grants/")).json)

    async def test_a_new_password_leaves_programs_in_and_voids_listen_tokens(self) -> None:
        """As the contract has it."""
        account = await self.account("carol")
        carol = self.visitor()
        carol.cookies["sessionid"] = (await self.parts.signin.open_session(account.id)).key
        said = await self.exchanged((await self.decided(who=carol)).json["code"])
        pair = said.json
        listen = (await carol.get("users/me/")).json["tokens"]["listen"]
        self.assertIsNotNone(await self.parts.signin.by_listen_token(listen))
        wish = {"old_password": PASSWORD, "new_password1": "another horse 42", "new_password2": "another horse 42"}
        self.assertEqual(200, (await carol.post("auth/password/change/", wish)).status)
        self.assertTrue(await self.opens(pair["access_token"]))
        self.assertIsNone(await self.parts.signin.by_listen_token(listen))

    async def test_who_is_switched_off_is_out(self) -> None:
        """Codes and tokens are dead, and stay so when the account comes back."""
        await self.person("bob")
        bob = await self.parts.accounts.named("bob")
        client = self.visitor()
        client.cookies["sessionid"] = (await self.parts.signin.open_session(bob.id)).key
        pair = (await self.exchanged((await self.decided(who=client)).json["code"])).json
        code = (await self.decided(who=client)).json["code"]
        await self.do("UPDATE account SET is_active = false WHERE id = %s", bob.id)
        self.assertFalse(await self.opens(pair["access_token"]))
        self.assertRefused("invalid_grant", await self.refreshed(pair["refresh_token"]))
        self.assertRefused("invalid_grant", await self.exchanged(code))
        await self.parts.accounts.change("bob", is_active=False)
        await self.parts.accounts.change("bob", is_active=True)
        self.assertFalse(await self.opens(pair["access_token"]))
        self.assertRefused("invalid_grant", await self.refreshed(pair["refresh_token"]))
        self.assertRefused("invalid_grant", await self.exchanged(code))

    async def test_a_program_may_what_was_granted_within_what_it_asks_for(self) -> None:
        """Consent to more than the program registered for gives no more; nor does it ever administer."""
        modest = await self.registered(PLACE, "read:libraries write:playlists")
        bearer = self.bearing((await self.tokens(modest, scope="read write"))["access_token"])
        self.assertEqual(200, (await bearer.get("libraries/")).status)
        self.assertEqual(403, (await bearer.get("users/me/")).status)
        await self.do("UPDATE account SET is_superuser = true")
        greedy = await self.registered(PLACE, "read write read:instance:settings write:security read:security")
        bearer = self.bearing((await self.tokens(greedy, scope="read write read:instance:settings"))["access_token"])
        self.assertEqual(200, (await bearer.get("users/me/")).status)
        for place in ("instance/admin/settings/", "oauth/apps/", "oauth/grants/"):
            self.assertEqual(403, (await bearer.get(place)).status, place)

    async def test_a_program_that_is_removed_takes_its_tokens_along(self) -> None:
        """At once."""
        made = (await self.alice.post("oauth/apps/", {"name": "Own", "redirect_uris": PLACE, "scopes": "read"})).json
        own = Program(made["client_id"], made["client_secret"])
        pair = await self.tokens(own, scope="read")
        self.assertTrue(await self.opens(pair["access_token"]))
        self.assertEqual(204, (await self.alice.delete(f"oauth/apps/{own.client_id}/")).status)
        self.assertFalse(await self.opens(pair["access_token"]))

    async def test_nothing_that_opens_is_kept_as_it_is(self) -> None:
        """Codes, tokens and client secrets are in no column of the database."""
        code = await self.code()
        pair = await self.tokens()
        kept = await self.value(
            "SELECT (SELECT string_agg(oauth_code::text, ' ') FROM oauth_code)"
            " || (SELECT string_agg(oauth_token::text, ' ') FROM oauth_token)"
            " || (SELECT string_agg(application::text, ' ') FROM application)"
        )
        for secret in (code, pair["access_token"], pair["refresh_token"], self.player.client_secret):
            self.assertNotIn(secret, kept)
            self.assertNotIn(secret.encode().hex(), kept)


async def _together(*asking: Any) -> list[Any]:
    """All answers to what is asked at once."""
    return list(await gatherResults([Deferred.fromCoroutine(one) for one in asking], consumeErrors=True))
