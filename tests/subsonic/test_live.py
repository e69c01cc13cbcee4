"""HTTP Live Streaming, and advice for players (docs/subsonic.md rule 57, §9.6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson

from tests.subsonic.pod import App
from tests.subsonic.test_streams import SoundCase

JSON = {"Content-Type": "application/json"}


class LiveTests(SoundCase):
    """A player that is given a list."""

    async def got(self, address: str) -> Any:
        """What an address of a list leads to, without credentials."""
        return await self.served.ask("GET", f"/rest/{address}")

    async def test_a_song_in_pieces(self) -> None:
        """One after the other they are the song; nobody sends a password for them."""
        app = await self.nadias()
        track = await self.a_sound(seconds=25)
        told = await app.raw("hls.m3u8", id=track)
        self.assertEqual("application/vnd.apple.mpegurl", told.header("Content-Type"))
        lines = told.body.decode().splitlines()
        self.assertEqual(("#EXTM3U", "#EXT-X-ENDLIST"), (lines[0], lines[-1]))
        self.assertIn("#EXT-X-TARGETDURATION:11", lines)
        self.assertEqual(["#EXTINF:10.240,", "#EXTINF:10.240,", "#EXTINF:4.520,"], [o for o in lines if "INF" in o])
        pieces = [await self.got(line) for line in lines if not line.startswith("#")]
        self.assertEqual([(200, "video/mp2t")] * 3, [(one.status, one.header("Content-Type")) for one in pieces])
        self.assertApproximates(25, await self.seconds_of(b"".join(one.body for one in pieces)), 0.3)
        self.assertEqual(0, await self.value("SELECT count(*) FROM upload_version"))

    async def test_several_rates(self) -> None:
        """A list of lists, each at its rate; never above what the account may have."""
        app = await self.nadias()
        track = await self.a_sound(seconds=12)
        lines = (await app.raw("hls", id=track, bitRate=["64", "256@480x360", "x", "0"])).body.decode().splitlines()
        self.assertEqual(2, sum("BANDWIDTH=" in line for line in lines))
        lists = [await self.got(line) for line in lines if not line.startswith("#")]
        first = [next(line for line in one.body.decode().splitlines() if not line.startswith("#")) for one in lists]
        low, high = [len((await self.got(line)).body) for line in first]
        self.assertLess(low, high)
        await self.do("UPDATE account SET subsonic_max_bitrate = 96")
        capped = (await app.raw("hls", id=track, bitRate=["128", "256"])).body.decode()
        self.assertNotIn("BANDWIDTH", capped)

    async def test_tickets(self) -> None:
        """A changed one opens nothing, nor a piece that is none, nor one of an account that lost the right."""
        app = await self.nadias()
        track = await self.a_sound(seconds=12)
        lines = (await app.raw("hls.m3u8", id=track)).body.decode().splitlines()
        piece = next(line for line in lines if not line.startswith("#"))
        ticket = piece.partition("ticket=")[2].partition("&")[0]
        forged = ticket[:-3] + ("AAA" if ticket[-3:] != "AAA" else "BBB")
        bad = (
            piece.replace(ticket, forged),
            f"{piece}9",
            piece.replace("n=0", "n=-1"),
            piece.replace(ticket, "%C3%A9"),
        )
        for address in bad:
            answer = await self.got(f"{address}&f=json")
            self.assertEqual(70, answer.json["subsonic-response"]["error"]["code"], address)
        await self.do("UPDATE account SET is_active = false")
        self.assertIn(b'code="70"', (await self.got(piece)).body)


class AdviceTests(SoundCase):
    """A player that says what it can play."""

    player = {
        "name": "Box",
        "platform": "test",
        "directPlayProfiles": [{"containers": ["mp3"], "audioCodecs": ["mp3"], "protocols": ["http"]}],
        "transcodingProfiles": [
            {"container": "mka", "audioCodec": "nonsense", "protocol": "http"},
            {"container": "ogg", "audioCodec": "opus", "protocol": "http"},
            {"container": "mp3", "audioCodec": "mp3", "protocol": "http"},
        ],
    }

    async def advised(self, app: App, track: int, player: Any, kind: str = "song") -> dict[str, Any]:
        query = urlencode({**app.credentials, "f": "json", "mediaId": f"tr-{track}", "mediaType": kind})
        body = player if isinstance(player, bytes) else orjson.dumps(player)
        answer = await self.served.ask("POST", f"/rest/getTranscodeDecision?{query}", JSON, body)
        told: dict[str, Any] = answer.json["subsonic-response"]
        return told

    async def test_what_is_made(self) -> None:
        """The first form that we can make, within the player's limits; why the original will not do."""
        app = await self.nadias()
        track = await self.a_sound(metadata={"channels": 2, "sample_rate": 44100, "bit_depth": 16})
        told = (await self.advised(app, track, self.player | {"maxTranscodingAudioBitrate": 96000}))[
            "transcodeDecision"
        ]
        self.assertEqual((False, True), (told["canDirectPlay"], told["canTranscode"]))
        self.assertEqual(["container not supported"], told["transcodeReason"])
        self.assertEqual(
            ("flac", 44100, 16),
            tuple(told["sourceStream"][name] for name in ("codec", "audioSamplerate", "audioBitdepth")),
        )
        self.assertEqual(("opus", 96000), (told["transcodeStream"]["codec"], told["transcodeStream"]["audioBitrate"]))
        asked = {"mediaId": f"tr-{track}", "mediaType": "song", "transcodeParams": told["transcodeParams"]}
        answer = await app.raw("getTranscodeStream", **asked)
        self.assertEqual((200, "audio/opus"), (answer.status, answer.header("Content-Type")))
        self.assertApproximates(1.6, await self.seconds_of(answer.body), 0.2)
        other = await self.app("omar")
        self.assertEqual(403, (await other.raw("getTranscodeStream", **asked)).status)
        for change in ({"transcodeParams": "x"}, {"mediaId": "tr-99"}, {"mediaType": "film"}):
            self.assertEqual(400, (await app.raw("getTranscodeStream", **(asked | change))).status, change)
        await self.do("DELETE FROM upload")
        await self.changed("catalog")
        self.assertEqual(404, (await app.raw("getTranscodeStream", **asked)).status)

    async def test_as_it_is(self) -> None:
        """A player that plays it needs nothing made."""
        app = await self.nadias()
        track = await self.a_sound()
        player = {
            "name": "Box",
            "platform": "test",
            "directPlayProfiles": [{"containers": [], "audioCodecs": ["flac"]}],
        }
        told = (await self.advised(app, track, player))["transcodeDecision"]
        self.assertEqual((True, False, []), (told["canDirectPlay"], told["canTranscode"], told["transcodeReason"]))

    async def test_bad_questions(self) -> None:
        """No JSON, no name, GET, no such song: each has its code."""
        app = await self.nadias()
        track = await self.a_sound()
        for body in (b"{", b"[]", b"{}", {"name": "x", "platform": "y", "directPlayProfiles": "all"}):
            self.assertEqual(10, (await self.advised(app, track, body))["error"]["code"], body)
        self.assertEqual(10, (await self.advised(app, track, self.player, "film"))["error"]["code"])
        self.assertEqual(70, (await self.advised(app, 99999, self.player))["error"]["code"])
        self.assertEqual(0, await app.error("getTranscodeDecision", mediaId=track, mediaType="song"))
