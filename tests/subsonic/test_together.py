"""Chat and internet radio stations (docs/subsonic.md §8.10, §8.11)."""

from __future__ import annotations

from tests.subsonic.pod import SubsonicCase


class ChatTests(SubsonicCase):
    """What people say to each other."""

    async def test_everybody_hears(self) -> None:
        """A message comes to everybody, with who said it and when; the newest first, in both formats."""
        nadia, tom = await self.app("nadia"), await self.app("tom")
        await nadia.ask("addChatMessage", message="Anybody <there>?")
        await tom.ask("addChatMessage", message="Yes & no")
        told = (await nadia.ask("getChatMessages"))["chatMessages"]["chatMessage"]
        self.assertEqual(
            [("tom", "Yes & no"), ("nadia", "Anybody <there>?")], [(m["username"], m["message"]) for m in told]
        )
        self.assertTrue(all(isinstance(m["time"], int) and m["time"] > 1_600_000_000_000 for m in told))
        heard = (await tom.xml("getChatMessages")).findall("chatMessages/chatMessage")
        self.assertEqual(["Yes & no", "Anybody <there>?"], [message.get("message") for message in heard])

    async def test_since(self) -> None:
        """Who polls is told only what is new."""
        nadia = await self.app("nadia")
        await nadia.ask("addChatMessage", message="one")
        [first] = (await nadia.ask("getChatMessages"))["chatMessages"]["chatMessage"]
        await nadia.ask("addChatMessage", message="two")
        told = (await nadia.ask("getChatMessages", since=first["time"] + 1))["chatMessages"]["chatMessage"]
        self.assertLessEqual({"two"}, {message["message"] for message in told})
        self.assertEqual(
            [], (await nadia.ask("getChatMessages", since=first["time"] + 60_000))["chatMessages"]["chatMessage"]
        )

    async def test_old_and_many_are_forgotten(self) -> None:
        """A hundred messages of a week are kept."""
        nadia = await self.app("nadia")
        account = await self.value("SELECT id FROM account")
        await self.do("INSERT INTO chat_message (account_id, message, creation_date) "
                      "SELECT %s, 'old', now() - interval '8 days' FROM generate_series(1, 5)", account)  # fmt: skip
        await self.do(
            "INSERT INTO chat_message (account_id, message) SELECT %s, n FROM generate_series(1, 120) AS n", account
        )
        await nadia.ask("addChatMessage", message="last")
        told = (await nadia.ask("getChatMessages"))["chatMessages"]["chatMessage"]
        self.assertEqual((100, "last"), (len(told), told[0]["message"]))
        self.assertEqual(100, await self.value("SELECT count(*) FROM chat_message"))

    async def test_nothing_and_too_much(self) -> None:
        """An empty message is missing, a novel is refused."""
        nadia = await self.app("nadia")
        self.assertEqual(10, await nadia.error("addChatMessage"))
        self.assertEqual(10, await nadia.error("addChatMessage", message="  "))
        self.assertEqual(0, await nadia.error("addChatMessage", message="x" * 2001))
        await nadia.ask("addChatMessage", message="é" * 2000)

    async def test_a_look_says_nothing(self) -> None:
        """HEAD writes no message."""
        nadia = await self.app("nadia")
        await nadia.raw("addChatMessage", method="HEAD", message="boo")
        self.assertEqual([], (await nadia.ask("getChatMessages"))["chatMessages"]["chatMessage"])


class SilentTests(SubsonicCase):
    """A pod without chat."""

    environment = {"SUBSONIC_CHAT": "false", "SUBSONIC_SERVER_TYPE": "funkwhale"}

    async def test_off(self) -> None:
        """Nothing is shown, nothing said; and the server calls itself as it was told."""
        nadia = await self.app("nadia")
        told = await nadia.ask("getChatMessages")
        self.assertEqual(({"chatMessage": []}, "funkwhale"), (told["chatMessages"], told["type"]))
        self.assertEqual(50, await nadia.error("addChatMessage", message="hello"))


class StationTests(SubsonicCase):
    """Internet radio."""

    async def test_kept_by_administrators(self) -> None:
        """They add, change and remove; everybody sees, in both formats."""
        admin, nadia = await self.app("admin"), await self.app("nadia")
        await self.do("UPDATE account SET is_superuser = true WHERE username = 'admin'")
        stream = "https://radio.example/stream?x=1&y=2"
        await admin.ask(
            "createInternetRadioStation", name="Späti FM", streamUrl=stream, homepageUrl="https://radio.example/"
        )
        await admin.ask("createInternetRadioStation", name="Bare", streamUrl="http://radio.example:8000/")
        bare, spaeti = (await nadia.ask("getInternetRadioStations"))["internetRadioStations"]["internetRadioStation"]
        self.assertEqual({"id": bare["id"], "name": "Bare", "streamUrl": "http://radio.example:8000/"}, bare)
        self.assertEqual(
            ("Späti FM", stream, "https://radio.example/"), (spaeti["name"], spaeti["streamUrl"], spaeti["homePageUrl"])
        )
        self.assertTrue(spaeti["id"].startswith("ir-"))
        [_, element] = (await nadia.xml("getInternetRadioStations")).findall(
            "internetRadioStations/internetRadioStation"
        )
        self.assertEqual(spaeti, dict(element.attrib))
        await admin.ask("updateInternetRadioStation", id=spaeti["id"], name="Späti", streamUrl=stream)
        [_, spaeti] = (await nadia.ask("getInternetRadioStations"))["internetRadioStations"]["internetRadioStation"]
        self.assertEqual(("Späti", "https://radio.example/"), (spaeti["name"], spaeti["homePageUrl"]))
        await admin.ask("updateInternetRadioStation", id=spaeti["id"], name="Späti", streamUrl=stream, homePageUrl="")
        await admin.ask("deleteInternetRadioStation", id=bare["id"])
        [left] = (await nadia.ask("getInternetRadioStations"))["internetRadioStations"]["internetRadioStation"]
        self.assertEqual({"id": spaeti["id"], "name": "Späti", "streamUrl": stream}, left)

    async def test_nobody_else(self) -> None:
        """Others are refused, whatever they name."""
        nadia = await self.app("nadia")
        self.assertEqual(50, await nadia.error("createInternetRadioStation", name="x", streamUrl="http://x.example"))
        self.assertEqual(50, await nadia.error("updateInternetRadioStation", id="ir-1"))
        self.assertEqual(50, await nadia.error("deleteInternetRadioStation"))

    async def test_bad_input(self) -> None:
        """Only addresses of the web; only stations that there are."""
        admin = await self.app("admin")
        await self.do("UPDATE account SET is_superuser = true")
        for url in ("", "javascript:alert(1)", "file:///etc/passwd", "ftp://x.example", "http://", "no", "http://[::1"):
            self.assertEqual(10, await admin.error("createInternetRadioStation", name="x", streamUrl=url), url)
        self.assertEqual(10, await admin.error("createInternetRadioStation", streamUrl="http://x.example"))
        self.assertEqual(
            10, await admin.error("createInternetRadioStation", name="x" * 300, streamUrl="http://x.example")
        )
        for id in ("ir-99", "al-1", "x", "ir-99999999999999999"):
            self.assertEqual(70, await admin.error("deleteInternetRadioStation", id=id), id)
        self.assertEqual(
            70, await admin.error("updateInternetRadioStation", id="ir-99", name="x", streamUrl="http://x.example")
        )
