"""Accounts in the hands of apps (docs/subsonic.md §8.12)."""

from __future__ import annotations

from fwtwisted.model.errors import Invalid
from tests.subsonic.pod import App, SubsonicCase, by_token


class UsersCase(SubsonicCase):
    """An administrator and somebody else."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.admin = await self.app("admin")
        await self.do("UPDATE account SET is_superuser = true")
        self.nadia = await self.app("nadia")

    async def of(self, name: str) -> App:
        """An app that signs in with what ``createUser`` set."""
        return App(self.served, by_token(name, "sesame"))


class LookingTests(UsersCase):
    """``getUser``, ``getUsers``."""

    async def test_oneself(self) -> None:
        """What one may, with numbers as numbers and truths as truths; the same in XML."""
        library = await self.a_library_of("nadia")
        told = (await self.nadia.ask("getUser", username="NADIA"))["user"]
        self.assertEqual(told, (await self.nadia.ask("getUser"))["user"])
        self.assertEqual(("nadia", "nadia@mail.example", 0), (told["username"], told["email"], told["maxBitRate"]))
        self.assertEqual([1, library + 1], told["folder"])
        is_so = {name: value for name, value in told.items() if name.endswith("Role")}
        others = {"adminRole": False, "coverArtRole": False, "videoConversionRole": False, "jukeboxRole": False}
        self.assertEqual(others, {name: value for name, value in is_so.items() if value is False})
        self.assertEqual(12, len(is_so))
        self.assertIs(False, told["scrobblingEnabled"])
        element = (await self.nadia.xml("getUser")).find("user")
        assert element is not None
        self.assertEqual(["1", str(library + 1)], [folder.text for folder in element.findall("folder")])
        self.assertEqual(("false", "true"), (element.get("adminRole"), element.get("streamRole")))

    async def test_scrobbling(self) -> None:
        """It is on for whoever has a service told what they hear."""

        async def told() -> object:
            return (await self.nadia.ask("getUser"))["user"]["scrobblingEnabled"]

        await self.do(
            "INSERT INTO plugin (account_id, name, conf, is_enabled)"
            """ SELECT id, 'listenbrainz', '{"user_token": "t"}', false FROM account WHERE username = 'nadia'"""
        )
        self.assertIs(False, await told())
        await self.do("UPDATE plugin SET is_enabled = true")
        self.assertIs(True, await told())
        await self.do("""UPDATE plugin SET conf = conf || '{"submit_listenings": false}'""")
        self.assertIs(False, await told())

    async def test_folders_agree(self) -> None:
        """The folders are those that ``getMusicFolders`` tells."""
        await self.a_library_of("nadia", "me")
        told = (await self.nadia.ask("getUser"))["user"]["folder"]
        folders = (await self.nadia.ask("getMusicFolders"))["musicFolders"]["musicFolder"]
        self.assertEqual([folder["id"] for folder in folders], told)

    async def test_others(self) -> None:
        """Only administrators see others."""
        self.assertEqual("nadia", (await self.admin.ask("getUser", username="nadia"))["user"]["username"])
        names = [user["username"] for user in (await self.admin.ask("getUsers"))["users"]["user"]]
        self.assertEqual(["admin", "nadia"], names)
        self.assertEqual(2, len((await self.admin.xml("getUsers")).findall("users/user")))
        self.assertEqual(50, await self.nadia.error("getUser", username="admin"))
        self.assertEqual(50, await self.nadia.error("getUser", username="nobody"))
        self.assertEqual(50, await self.nadia.error("getUsers"))
        self.assertEqual(70, await self.admin.error("getUser", username="nobody"))


class MakingTests(UsersCase):
    """``createUser``."""

    async def test_gets_in_at_once(self) -> None:
        """With the password that was sent, which need not be strong for that."""
        await self.admin.ask("createUser", username="tom", password="sesame", email="tom@mail.example")
        told = (await (await self.of("tom")).ask("getUser"))["user"]
        self.assertEqual(("tom", False, True), (told["username"], told["adminRole"], told["downloadRole"]))
        self.assertTrue(await self.value("SELECT email_verified FROM account WHERE username = 'tom'"))
        self.assertFalse(await self._opens("tom", "sesame"))

    async def test_a_strong_one_is_the_accounts_own(self) -> None:
        """A password that passes the rules opens the account as well; hex is understood."""
        strong = "correct horse 41"
        await self.admin.ask(
            "createUser", username="tom", password=f"enc:{strong.encode().hex()}", email="tom@mail.example"
        )
        self.assertTrue(await self._opens("tom", strong))
        await App(self.served, by_token("tom", strong)).ask("ping")

    async def _opens(self, name: str, password: str) -> bool:
        """Whether this is the account's own password."""
        try:
            await self.parts.signin.authenticate(name, password, "192.0.2.1")
        except Invalid:
            return False
        return True

    async def test_roles(self) -> None:
        """Those that were refused are refused under ``/rest``; covers and administration are the pod's own."""
        await self.admin.ask(
            "createUser", username="tom", password="sesame", email="tom@mail.example", downloadRole="False",
            shareRole="0", coverArtRole="true", adminRole="false", maxBitRate="192",
        )  # fmt: skip
        told = (await (await self.of("tom")).ask("getUser"))["user"]
        self.assertEqual(
            (False, False, True, False, 192),
            tuple(told[name] for name in ("downloadRole", "shareRole", "coverArtRole", "adminRole", "maxBitRate")),
        )
        self.assertEqual(["library"], await self.value("SELECT permissions FROM account WHERE username = 'tom'"))

    async def test_bad_input(self) -> None:
        """Missing values are 10; what is taken or no name is told in words."""
        good = {"username": "tom", "password": "sesame", "email": "tom@mail.example"}
        for name in good:
            self.assertEqual(10, await self.admin.error("createUser", **(good | {name: ""})), name)
        self.assertEqual(10, await self.admin.error("createUser", **(good | {"password": "enc:"})))
        for changed in ({"username": "nadia"}, {"username": "a b"}, {"email": "nadia@mail.example"}, {"email": "x"},
                        {"username": "x" * 10_000}, {"password": "x" * 10_000}):  # fmt: skip
            self.assertEqual(0, await self.admin.error("createUser", **(good | changed)), changed)
        self.assertEqual(50, await self.nadia.error("createUser", **good))
        self.assertEqual(50, await self.nadia.error("createUser"))


class ChangingTests(UsersCase):
    """``updateUser``, ``changePassword``, ``deleteUser``."""

    async def test_what_is_not_named_stays(self) -> None:
        """A change changes what it names."""
        await self.admin.ask("updateUser", username="nadia", downloadRole="false", podcastRole="false", maxBitRate=96)
        await self.admin.ask("updateUser", username="Nadia", podcastRole="true", email="n@mail.example")
        told = (await self.nadia.ask("getUser"))["user"]
        self.assertEqual(
            (False, True, True, 96, "n@mail.example"),
            tuple(told[name] for name in ("downloadRole", "podcastRole", "shareRole", "maxBitRate", "email")),
        )

    async def test_passwords(self) -> None:
        """An administrator sets anybody's, people their own; the next call needs the new one."""
        await self.admin.ask("updateUser", username="nadia", password="sesame")
        self.assertEqual(40, await self.nadia.error("ping"))
        nadia = await self.of("nadia")
        await nadia.ask("changePassword", username="nadia", password="enc:" + b"open".hex())
        self.assertEqual(40, await nadia.error("ping"))
        nadia = App(self.served, by_token("nadia", "open"))
        self.assertEqual(50, await nadia.error("changePassword", username="admin", password="x"))
        self.assertEqual(50, await nadia.error("changePassword", username="nobody", password="x"))
        self.assertEqual(10, await nadia.error("changePassword", username="nadia", password=""))
        await self.admin.ask("changePassword", username="nadia", password="third")
        self.assertEqual(40, await nadia.error("ping"))
        hashed = await self.value("SELECT password FROM account WHERE username = 'nadia'")
        self.assertEqual("!", hashed, "the account's own was changed")

    async def test_administrators(self) -> None:
        """They are made and unmade, but for the last one."""
        self.assertEqual(50, await self.admin.error("updateUser", username="admin", adminRole="false"))
        await self.admin.ask("updateUser", username="nadia", adminRole="true")
        await self.nadia.ask("updateUser", username="admin", adminRole="false")
        self.assertEqual(50, await self.admin.error("getUsers"))

    async def test_leaving(self) -> None:
        """Somebody else's account is closed at once; nobody removes their own."""
        self.assertEqual(50, await self.admin.error("deleteUser", username="admin"))
        self.assertEqual(50, await self.nadia.error("deleteUser", username="admin"))
        self.assertEqual(70, await self.admin.error("deleteUser", username="nobody"))
        await self.admin.ask("deleteUser", username="Nadia")
        self.assertEqual(40, await self.nadia.error("ping"))
        self.assertEqual(70, await self.admin.error("deleteUser", username="nadia"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM job WHERE kind = 'accounts.remove'"))

    async def test_bad_input(self) -> None:
        """An address that is taken or none; nobody's name."""
        self.assertEqual(0, await self.admin.error("updateUser", username="nadia", email="admin@mail.example"))
        self.assertEqual(0, await self.admin.error("updateUser", username="nadia", email="x"))
        self.assertEqual(70, await self.admin.error("updateUser", username="nobody"))
        self.assertEqual(10, await self.admin.error("updateUser"))
        self.assertEqual(50, await self.nadia.error("updateUser", username="nadia", adminRole="true"))
