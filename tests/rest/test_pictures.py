"""Pictures: taken, cleaned, cut, shown to everybody, removed by those who sent them (docs/api.md §4.5, §6.2)."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from random import Random
from uuid import uuid4

from PIL import Image
from twisted.internet.defer import CancelledError, Deferred, gatherResults

from tests.rest.pod import Client, PodCase
from tests.web.serving import Answer


def picture(kind: str = "JPEG", width: int = 300, height: int = 200, **how: object) -> bytes:
    """A picture of one colour, left red and right blue."""
    image = Image.new("RGB", (width, height), (200, 0, 0))
    image.paste((0, 0, 200), (width // 2, 0, width, height))
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def bomb() -> bytes:
    """A small PNG that says it has 60,000 × 60,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = (60_000).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    data = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class PictureCase(PodCase):
    """Somebody with a picture in hand."""

    async def sent(self, who: Client, body: bytes, name: str = "cover art.jpg") -> Answer:
        """Send a picture."""
        return await who.parts("attachments/", ("file", name, body))

    async def lose_the_sizes(self) -> None:
        """Remove what was cut from all pictures."""
        for name in [name async for name in self.ground.blobs.names("__sized__/")]:
            await self.ground.blobs.delete(name)

    def place(self, url: str) -> str:
        """The path of one of our URLs."""
        return url.removeprefix(self.config.general.public_url)


class TakingTests(PictureCase):
    """What is taken, and what is made of it."""

    async def test_a_picture_is_taken_and_shown(self) -> None:
        """The answer is the contract's document, and everybody may load each of its addresses."""
        alice, visitor = await self.person("alice"), self.visitor()
        said = await self.sent(alice, picture())
        self.assertEqual(201, said.status, said.body)
        document = said.json
        self.assertEqual({"uuid", "size", "mimetype", "creation_date", "urls"}, set(document))
        self.assertEqual("image/jpeg", document["mimetype"])
        for which, size in (
            ("original", (300, 200)),
            ("medium_square_crop", (200, 200)),
            ("large_square_crop", (600, 600)),
        ):
            shown = await visitor.get(self.place(document["urls"][which]))
            self.assertEqual(200, shown.status, which)
            self.assertEqual("image/jpeg", shown.header("Content-Type"))
            self.assertEqual("public, max-age=31536000, immutable", shown.header("Cache-Control"))
            self.assertEqual(size, Image.open(BytesIO(shown.body)).size)
            again = await visitor.get(
                self.place(document["urls"][which]), headers={"If-None-Match": shown.header("ETag") or ""}
            )
            self.assertEqual(304, again.status)
        read = await alice.get(f"attachments/{document['uuid']}/")
        self.assertEqual(document, read.json)

    async def test_what_a_camera_wrote_is_gone(self) -> None:
        """EXIF, where somebody was and when, is not kept."""
        exif = Image.Exif()
        exif[0x9286] = "taken at home"
        alice = await self.person("alice")
        document = (await self.sent(alice, picture(exif=exif))).json
        shown = await alice.get(self.place(document["urls"]["original"]))
        self.assertNotIn(b"taken at home", shown.body)

    async def test_what_is_no_picture_is_refused_in_words(self) -> None:
        """Text, an empty file, a tiny one, a bomb, SVG, and no file at all: 400 on ``file``."""
        alice = await self.person("alice")
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>alert(1)</script></svg>'
        for body in (b"hello", b"", picture(width=20), bomb(), svg, picture()[:200]):
            said = await self.sent(alice, body)
            self.assertEqual((400, ["file"]), (said.status, list(said.json)), body[:20])
        said = await alice.parts("attachments/", ("other", "x.jpg", picture()))
        self.assertEqual((400, ["file"]), (said.status, list(said.json)))
        self.assertEqual(0, await self.value("SELECT count(*) FROM attachment"))

    async def test_too_large(self) -> None:
        """What cannot be a picture of 5 MB is refused before it is read."""
        alice = await self.person("alice")
        said = await self.sent(alice, b"\xff\xd8\xff" + b"\0" * 7_000_000)
        self.assertEqual(413, said.status)

    async def test_visitors_send_nothing(self) -> None:
        """Only people with an account may send pictures."""
        self.assertEqual(401, (await self.sent(self.visitor(), picture())).status)

    async def test_broken_in_any_place(self) -> None:
        """A picture with foreign bytes in it is a 201 or a 400, never a 500."""
        alice, chance = await self.person("alice"), Random(7)
        for kind in ("JPEG", "PNG", "WEBP"):
            whole = picture(kind)
            for _ in range(40):
                place, junk = chance.randrange(len(whole)), chance.randbytes(chance.randrange(1, 40))
                body = whole[:place] + junk + whole[place + len(junk) :]
                self.assertIn((await self.sent(alice, body)).status, (201, 400))


class ShowingTests(PictureCase):
    """What lies open, and what does not."""

    async def test_only_public_names_are_shown(self) -> None:
        """Audio, names that lead elsewhere, unknown names and sizes that nobody makes: 404."""
        alice = await self.person("alice")
        await self.ground.blobs.put("tracks/aa/bb/cc/song.mp3", b"music")
        document = (await self.sent(alice, picture())).json
        square = self.place(document["urls"]["medium_square_crop"])
        for path in (
            "/media/tracks/aa/bb/cc/song.mp3",
            "/media/attachments/../tracks/aa/bb/cc/song.mp3",
            "/media/attachments/%2e%2e/tracks/aa/bb/cc/song.mp3",
            "/media/attachments/..%2ftracks/aa/bb/cc/song.mp3",
            "/media//attachments/aa/bb/cc/x.jpg",
            "/media/attachments/aa/bb/cc/x.jpg",
            "/media/attachments/aa%00bb/x.jpg",
            "/media/.spool/x",
            "/media/",
            square.replace("200x200", "201x201"),
            square.replace("-95.", "-10."),
        ):
            self.assertEqual(404, (await alice.get(path)).status, path)

    async def test_methods(self) -> None:
        """GET and HEAD; all else is told so."""
        alice = await self.person("alice")
        place = self.place((await self.sent(alice, picture())).json["urls"]["original"])
        head, whole = await alice.head(place), await alice.get(place)
        self.assertEqual((200, b""), (head.status, head.body))
        self.assertEqual(str(len(whole.body)), head.header("Content-Length"))
        self.assertEqual(405, (await alice.delete(place)).status)

    async def test_labels_for_everybody(self) -> None:
        """What is kept for a year serves pages of other sites as well, and says until when."""
        alice = await self.person("alice")
        place = self.place((await self.sent(alice, picture())).json["urls"]["original"])
        for headers in ({}, {"Origin": "https://player.example"}):
            said = await self.visitor().get(place, headers=headers)
            self.assertEqual("*", said.header("Access-Control-Allow-Origin"))
            self.assertEqual("LOCAL", said.header("X-Cache-Status"))
            self.assertIn("GMT", said.header("Expires") or "")
        ranged = await alice.get(place, headers={"Range": "bytes=0-9"})
        self.assertEqual((206, 10), (ranged.status, len(ranged.body)))
        known = await alice.get(place, headers={"If-None-Match": said.header("ETag") or ""})
        self.assertEqual((304, b"", True), (known.status, known.body, bool(known.header("Expires"))))

    async def test_cut_when_taken(self) -> None:
        """Both sizes lie in the store before anybody asks, and are made again when somebody lost them."""
        alice = await self.person("alice")
        said = await self.sent(alice, picture())
        self.assertEqual(2, len([name async for name in self.ground.blobs.names("__sized__/")]))
        await self.lose_the_sizes()
        self.assertEqual(200, (await alice.get(self.place(said.json["urls"]["medium_square_crop"]))).status)

    async def test_many_ask_at_once_and_one_is_made(self) -> None:
        """A size that is first asked for by twenty is made once, and all get it."""
        alice = await self.person("alice")
        place = self.place((await self.sent(alice, picture(width=1500, height=1500))).json["urls"]["large_square_crop"])
        await self.lose_the_sizes()
        asked = [Deferred.fromCoroutine(alice.get(place)) for _ in range(20)]
        bodies = {(said.status, said.body) for said in await gatherResults(asked)}
        self.assertEqual([200], [status for status, _ in bodies])

    async def test_the_first_who_asked_may_leave(self) -> None:
        """When the one hangs up for whom a size began to be made, the others get it all the same."""
        alice = await self.person("alice")
        sent = await self.sent(alice, picture(width=1500, height=1500))
        name = self.place(sent.json["urls"]["large_square_crop"]).removeprefix("/media/")
        await self.lose_the_sizes()
        opening = [Deferred.fromCoroutine(self.parts.attachments.open(name)) for _ in range(3)]
        while not self.parts.attachments.is_making(name):
            await self.ground.threads(int)
        opening[0].cancel()
        await self.assertFailure(opening[0], CancelledError)
        for one in opening[1:]:
            (await one).close()

    async def test_the_proxy_leads_to_the_bytes(self) -> None:
        """``proxy?next=`` answers with the way to each size; nonsense means the original."""
        alice, visitor = await self.person("alice"), self.visitor()
        document = (await self.sent(alice, picture())).json
        for wanted, which in (("medium_square_crop", "medium_square_crop"), ("x", "original"), ("", "original")):
            said = await visitor.get(f"attachments/{document['uuid']}/proxy", next=wanted)
            self.assertEqual((302, document["urls"][which]), (said.status, said.header("Location")))
        self.assertEqual(404, (await visitor.get(f"attachments/{uuid4()}/proxy")).status)


class RemovingTests(PictureCase):
    """When pictures go."""

    async def test_by_their_sender_alone(self) -> None:
        """One's own: 204 and gone, with its sizes; another's: 403; unknown: 404."""
        alice, bob = await self.person("alice"), await self.person("bob")
        document = (await self.sent(alice, picture())).json
        path = f"attachments/{document['uuid']}/"
        await alice.get(self.place(document["urls"]["medium_square_crop"]))
        self.assertEqual(403, (await bob.delete(path)).status)
        self.assertEqual(204, (await alice.delete(path)).status)
        self.assertEqual(404, (await alice.delete(path)).status)
        await self.parts.stored_files.remove_due()
        self.assertEqual([], [name async for name in self.ground.blobs.names()])

    async def test_loose_ones_after_a_day(self) -> None:
        """What nothing refers to is pruned when it is old enough; what is in use stays."""
        alice = await self.person("alice")
        loose = (await self.sent(alice, picture())).json
        avatar = (await self.sent(alice, picture("PNG"), "me.png")).json
        said = await alice.send("PATCH", "users/alice/", {"avatar": avatar["uuid"]})
        self.assertEqual(200, said.status, said.body)
        kind = self.parts.attachments.jobs()["attachments.prune"]
        await kind.run(None)  # type: ignore[arg-type]
        self.assertEqual(2, await self.value("SELECT count(*) FROM attachment"))
        await self.do("UPDATE attachment SET creation_date = now() - interval '25 hours'")
        await kind.run(None)  # type: ignore[arg-type]
        await self.parts.stored_files.remove_due()
        self.assertEqual(404, (await alice.get(f"attachments/{loose['uuid']}/")).status)
        self.assertEqual(200, (await alice.get(self.place(avatar["urls"]["original"]))).status)
        self.assertEqual(404, (await alice.get(self.place(loose["urls"]["original"]))).status)


class BannerTests(PictureCase):
    """The pod's banner, sent among the instance settings."""

    BULK = "instance/admin/settings/bulk/"

    async def test_a_banner_comes_and_goes(self) -> None:
        """As the web app sends it, with the group's texts; everybody sees it; the next one takes its file away."""
        admin = await self.person(permissions=["settings"])
        said = await self.banner(admin, picture("PNG", 600, 100), ("instance__name", None, b"Pod"))
        self.assertEqual(200, said.status, said)
        self.assertEqual((200, ["Pod"]), (said.status, [told["value"] for told in said.json[:1]]))
        first = said.json[1]["value"]
        self.assertRegex(first, r"^https://pod\.example/media/dynamic_preferences/instance__banner/.+\.png$")
        self.assertEqual(200, (await self.visitor().get(first)).status)
        self.assertEqual([], await self.doomed())
        second = (await self.banner(admin, picture())).json[0]["value"]
        self.assertEqual([first.partition("/media/")[2]], await self.doomed())
        told = (await self.visitor().get("instance/settings/")).json
        self.assertIn(second, [setting["value"] for setting in told])
        said = await admin.post(self.BULK, {"instance__banner": None})
        self.assertEqual((200, None), (said.status, said.json[0]["value"]))
        self.assertEqual(2, len(await self.doomed()))

    async def test_what_is_no_banner(self) -> None:
        """No picture, a text in its place, a file of another setting, or somebody who may not."""
        admin = await self.person(permissions=["settings"])
        said = await self.banner(admin, b"no picture")
        self.assertEqual((400, ["value"]), (said.status, list(said.json["instance__banner"])))
        said = await admin.post(self.BULK, {"instance__banner": "dynamic_preferences/x.png"})
        self.assertEqual((400, ["instance__banner"]), (said.status, list(said.json)))
        said = await admin.parts(self.BULK, ("instance__name", "a.png", picture()))
        self.assertEqual(400, said.status)
        self.assertEqual(403, (await self.banner(await self.person("bob"), picture())).status)
        self.assertEqual([], await self.doomed())

    async def banner(self, who: Client, body: bytes, *texts: tuple[str, str | None, bytes]) -> Answer:
        """Send a picture."""
        return await who.parts(self.BULK, *texts, ("instance__banner", "wide.png", body))

    async def doomed(self) -> list[str]:
        """Stored files that are to go."""
        return list(await self.value("SELECT array_agg(name) FROM doomed_file") or ())


class BriefTests(PictureCase):
    """``MEDIA_CLIENT_MAX_AGE``."""

    environment = {"MEDIA_CLIENT_MAX_AGE": "2h"}

    async def test_kept_for_as_long_as_is_set(self) -> None:
        """Browsers are told how long, in both ways of saying it."""
        alice = await self.person("alice")
        document = (await self.sent(alice, picture())).json
        shown = await self.visitor().get(self.place(document["urls"]["original"]))
        self.assertEqual("public, max-age=7200, immutable", shown.header("Cache-Control"))
        left = parsedate_to_datetime(shown.header("Expires") or "") - datetime.now(UTC)
        self.assertTrue(7100 < left.total_seconds() <= 7200, left)
