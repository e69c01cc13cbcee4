"""Leave to act for somebody: how it is given, goes on and ends."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import evolve
from twisted.logger import capturedLogs

from fwtwisted.core.people.oauth import PRUNE, OAuth, OAuthSettings
from fwtwisted.db.jobs import Job
from fwtwisted.model.accounts import ApplicationWish
from fwtwisted.model.errors import BadRequest, Forbidden, Invalid, NotFound
from fwtwisted.model.oauth import (
    AuthorizationWish,
    Challenge,
    ChallengeMethod,
    Client,
    CodeExchange,
    OAuthRefused,
    Refresh,
    Tokens,
)
from fwtwisted.model.people import VISITOR, Viewer
from tests.core.people.case import PeopleCase

PLACE = "https://music.example/cb"
PROGRAM = ApplicationWish("Player", PLACE, "read write")


def just_now() -> float:
    """The age of a request that arrives."""
    return 0.0


LONG_SINCE = 60.0
"""The age of a request that has waited."""


class OAuthCase(PeopleCase):
    """A program and a person."""

    lives = OAuthSettings()

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.oauth = OAuth(self.database, self.lives)
        self.alice = await self.a_viewer("alice")
        self.player, self.client = await self.a_program()

    async def a_program(self, wish: ApplicationWish = PROGRAM) -> tuple[AuthorizationWish, Client]:
        """What a person allows, and how the program proves itself."""
        made, secret = await self.applications.register(VISITOR, wish)
        return AuthorizationWish(made.client_id, PLACE, "read write", True), Client(made.client_id, secret)

    async def code(self, wish: AuthorizationWish | None = None, viewer: Viewer | None = None) -> str:
        decided = await self.oauth.decide(viewer or self.alice, wish or self.player)
        assert decided.code is not None
        return decided.code

    async def pair(self) -> Tokens:
        return await self.oauth.tokens(self.client, CodeExchange(await self.code(), PLACE), just_now)

    async def opens(self, token: str) -> bool:
        return await self.signin.by_token(token) is not None

    async def refused(self, asked: CodeExchange | Refresh, age: float = 0.0) -> str:
        """The word of the refusal."""
        with self.assertRaises(OAuthRefused) as caught:
            await self.oauth.tokens(self.client, asked, lambda: age)
        return caught.exception.error


class SecondUseTests(OAuthCase):
    """What is spent is not used again, except by who could not know."""

    async def test_a_code_used_again_ends_what_came_of_it(self) -> None:
        """All generations of it."""
        code = await self.code()
        first = await self.oauth.tokens(self.client, CodeExchange(code, PLACE), just_now)
        second = await self.oauth.tokens(self.client, Refresh(first.refresh_token), just_now)
        self.assertEqual("invalid_grant", await self.refused(CodeExchange(code, PLACE)))
        self.assertFalse(await self.opens(second.access_token))
        self.assertEqual("invalid_grant", await self.refused(Refresh(second.refresh_token)))

    async def test_a_code_that_was_on_its_way_twice_harms_nobody(self) -> None:
        """The request that came too late had arrived before the code was spent."""
        code = await self.code()
        won = await self.oauth.tokens(self.client, CodeExchange(code, PLACE), just_now)
        self.assertEqual("invalid_grant", await self.refused(CodeExchange(code, PLACE), LONG_SINCE))
        self.assertTrue(await self.opens(won.access_token))

    async def test_a_refresh_token_used_again_ends_its_family(self) -> None:
        """However many pairs came since."""
        first = await self.pair()
        second = await self.oauth.tokens(self.client, Refresh(first.refresh_token), just_now)
        third = await self.oauth.tokens(self.client, Refresh(second.refresh_token), just_now)
        with capturedLogs() as events:
            self.assertEqual("invalid_grant", await self.refused(Refresh(first.refresh_token)))
        [told] = [event for event in events if event.get("event") == "oauth.reused"]
        self.assertEqual(self.alice.account_id, told["account"])
        self.assertNotIn(first.refresh_token, str(told))
        self.assertFalse(await self.opens(third.access_token))
        self.assertEqual("invalid_grant", await self.refused(Refresh(third.refresh_token)))

    async def test_a_refresh_token_that_was_on_its_way_twice_harms_nobody(self) -> None:
        """The winner's pair lives."""
        first = await self.pair()
        second = await self.oauth.tokens(self.client, Refresh(first.refresh_token), just_now)
        self.assertEqual("invalid_grant", await self.refused(Refresh(first.refresh_token), LONG_SINCE))
        self.assertTrue(await self.opens(second.access_token))
        self.assertTrue(await self.oauth.tokens(self.client, Refresh(second.refresh_token), just_now))

    async def test_another_program_s_try_ends_nothing(self) -> None:
        """A stranger who found a spent token cannot sign people out by it."""
        first = await self.pair()
        second = await self.oauth.tokens(self.client, Refresh(first.refresh_token), just_now)
        _, stranger = await self.a_program()
        for token in (first.refresh_token, second.refresh_token):
            with self.assertRaises(OAuthRefused):
                await self.oauth.tokens(stranger, Refresh(token), just_now)
        self.assertTrue(await self.opens(second.access_token))


class DecisionTests(OAuthCase):
    """What a person decides."""

    async def test_codes_go_to_registered_places_only(self) -> None:
        """Also when the program said no."""
        for allowed in (True, False):
            for place in ("https://evil.example/", f"{PLACE}/", PLACE.upper()):
                wish = evolve(self.player, redirect_uri=place, allowed=allowed)
                with self.assertRaises(BadRequest):
                    await self.oauth.decide(self.alice, wish)

    async def test_the_only_place_need_not_be_named_but_one_of_several_must(self) -> None:
        """None is not guessed."""
        self.assertEqual(
            PLACE, (await self.oauth.decide(self.alice, evolve(self.player, redirect_uri=None))).redirect_uri
        )
        wish, self.client = await self.a_program(evolve(PROGRAM, redirect_uris=f"{PLACE} {PLACE}/2"))
        with self.assertRaises(BadRequest):
            await self.oauth.decide(self.alice, evolve(wish, redirect_uri=None))
        self.assertEqual("invalid_request", await self.refused(CodeExchange(await self.code(wish))))
        nowhere, _ = await self.a_program(evolve(PROGRAM, redirect_uris=""))
        with self.assertRaises(BadRequest):
            await self.oauth.decide(self.alice, evolve(nowhere, redirect_uri=None))

    async def test_nobody_decides_for_nobody_or_about_nothing(self) -> None:
        """Visitors, and unknown programs."""
        with self.assertRaises(Forbidden):
            await self.oauth.decide(VISITOR, self.player)
        unknown = evolve(self.player, client_id="unknown")
        with self.assertRaises(Invalid):
            await self.oauth.decide(self.alice, unknown)

    async def test_who_says_no_gives_nothing(self) -> None:
        """The state goes back, a code does not."""
        decided = await self.oauth.decide(self.alice, evolve(self.player, allowed=False, state="x"))
        self.assertEqual((PLACE, None, "x"), (decided.redirect_uri, decided.code, decided.state))
        self.assertEqual([], await self.oauth.grants(self.alice))

    async def test_challenges(self) -> None:
        """The example of RFC 7636, appendix B; without a challenge, a verifier is ignored."""
        verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        hashed = Challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", ChallengeMethod.S256)
        for challenge in (hashed, Challenge(verifier), None):
            code = await self.code(evolve(self.player, challenge=challenge))
            for wrong in (None, "", "x", hashed.text, "é") if challenge else ():
                self.assertEqual("invalid_grant", await self.refused(CodeExchange(code, PLACE, wrong)))
            self.assertTrue(await self.oauth.tokens(self.client, CodeExchange(code, PLACE, verifier), just_now))


class GrantTests(OAuthCase):
    """What a person has granted."""

    async def test_a_grant_lasts_while_anything_lives(self) -> None:
        """A code, or either token; spent codes and replaced pairs are no grants."""
        code = await self.code()
        self.assertEqual(1, len(await self.oauth.grants(self.alice)))
        await self.oauth.tokens(self.client, CodeExchange(code, PLACE), just_now)
        await self.do("UPDATE oauth_token SET access_expires = now()")
        self.assertEqual(1, len(await self.oauth.grants(self.alice)))
        await self.do("UPDATE oauth_token SET refresh_expires = now()")
        self.assertEqual([], await self.oauth.grants(self.alice))
        with self.assertRaises(NotFound):
            await self.oauth.end_grant(self.alice, self.client.client_id)

    async def test_each_person_s_grant_is_their_own(self) -> None:
        """Ending one leaves the other."""
        bob = await self.a_viewer("bob")
        code = await self.code(viewer=bob)
        his = await self.oauth.tokens(self.client, CodeExchange(code, PLACE), just_now)
        hers = await self.pair()
        await self.oauth.end_grant(self.alice, self.client.client_id)
        self.assertEqual((False, True), (await self.opens(hers.access_token), await self.opens(his.access_token)))
        self.assertEqual([], await self.oauth.grants(VISITOR))

    async def test_who_leaves_takes_their_programs_along(self) -> None:
        """Codes, tokens and applications go with the account."""
        pair = await self.pair()
        await self.do("DELETE FROM session")
        await self.do("DELETE FROM account WHERE id = %s", self.alice.account_id)
        self.assertFalse(await self.opens(pair.access_token))
        self.assertEqual(0, await self.value("SELECT count(*) FROM oauth_token"))


class LivesTests(OAuthCase):
    """How long things last."""

    lives = OAuthSettings(code_seconds=60, access_seconds=120, refresh_seconds=240)

    async def test_the_settings_say_how_long(self) -> None:
        """Codes, access tokens, refresh tokens."""
        pair = await self.pair()
        self.assertEqual(120, pair.seconds)
        lives = await self.value(
            "SELECT ARRAY[(SELECT round(extract(epoch FROM expires - now()))::int FROM oauth_code),"
            " round(extract(epoch FROM access_expires - now()))::int,"
            " round(extract(epoch FROM refresh_expires - now()))::int] FROM oauth_token"
        )
        for life, expected in zip(lives, (60, 120, 240), strict=True):
            self.assertAlmostEqual(expected, life, delta=5)

    async def test_what_has_run_out_is_forgotten_and_nothing_else(self) -> None:
        """Replaced pairs stay as long as a second use of them may tell something."""
        first = await self.pair()
        await self.oauth.tokens(self.client, Refresh(first.refresh_token), just_now)
        await self.pair()
        await self.do("UPDATE oauth_code SET expires = now() WHERE spent IS NOT NULL")
        await self.code()
        await self._prune()
        self.assertEqual((1, 3), await self._left())
        await self.do("UPDATE oauth_token SET access_expires = now()")
        await self._prune()
        self.assertEqual((1, 3), await self._left())
        await self.do("UPDATE oauth_token SET refresh_expires = now()")
        await self._prune()
        self.assertEqual((1, 0), await self._left())

    async def test_the_chore_has_a_beat(self) -> None:
        """A job of its own."""
        self.assertEqual([PRUNE], list(self.oauth.jobs()))
        self.assertEqual([PRUNE], [schedule.kind for schedule in self.oauth.schedules().values()])

    async def _prune(self) -> None:
        await self.oauth.jobs()[PRUNE].run(Job(1, PRUNE, None, {}, 1, 0, 1, datetime(2026, 1, 1, tzinfo=UTC)))

    async def _left(self) -> tuple[int, int]:
        return (
            await self.value("SELECT count(*) FROM oauth_code"),
            await self.value("SELECT count(*) FROM oauth_token"),
        )
