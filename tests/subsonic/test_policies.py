"""What operators decide about apps (docs/settings.md, "Subsonic apps")."""

from __future__ import annotations

from tests.subsonic.pod import SECRET, App, SubsonicCase


class NoTokensTests(SubsonicCase):
    """A pod that takes no tokens, and puts every word in order."""

    environment = {"SUBSONIC_TOKEN_LOGIN": "false", "SUBSONIC_IGNORED_ARTICLES": "none"}

    async def test_refused_with_help(self) -> None:
        """Tokens are refused with a page that helps; passwords go."""
        token = await self.app("nadia")
        told = await token.envelope("ping")
        self.assertEqual((41, f"{self.parts.pod.url}/settings"), (told["error"]["code"], told["error"]["helpUrl"]))
        await App(self.served, {"u": "nadia", "p": SECRET}).ask("ping")

    async def test_articles_count(self) -> None:
        """Who is called "The …" stands under T."""
        await self.app("nadia")
        library = await self.a_library_of("nadia")
        song = await self.a_track("One", await self.an_artist("The Nova Kestrel"))
        await self.an_upload(library, song)
        await self.changed("catalog", "libraries")
        told = (await App(self.served, {"u": "nadia", "p": SECRET}).ask("getArtists"))["artists"]
        self.assertEqual(("", ["T"]), (told["ignoredArticles"], [letter["name"] for letter in told["index"]]))


class NoPasswordsTests(SubsonicCase):
    """A pod that takes no passwords as they are."""

    environment = {"SUBSONIC_PASSWORD_LOGIN": "false"}

    async def test_refused_with_help(self) -> None:
        """Passwords are refused, tokens go."""
        token = await self.app("nadia")
        told = await App(self.served, {"u": "nadia", "p": SECRET}).envelope("ping")
        self.assertEqual((42, f"{self.parts.pod.url}/settings"), (told["error"]["code"], told["error"]["helpUrl"]))
        await token.ask("ping")
