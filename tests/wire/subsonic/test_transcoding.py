"""What a player plays, and what is made for it (docs/subsonic.md §9.6)."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.subsonic.errors import Refused
from fwtwisted.wire.subsonic.transcoding import FORMS, Decision, decide, player_in, sound_of

FLAC = sound_of("audio/flac", 2, 900_000, 44_100, 16)
MP3 = sound_of("audio/mpeg", 2, 192_000, 44_100, 0)
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(
        ["name", "containers", "audioCodecs", "limitations", "values", "comparison", "container", "audioCodec"]
    ), inner, max_size=4), max_leaves=12,
)  # fmt: skip
FIELDS = ("maxAudioBitrate", "maxTranscodingAudioBitrate", "directPlayProfiles", "transcodingProfiles", "codecProfiles")


def told(**fields: Any) -> bytes:
    return orjson.dumps({"name": "Box", "platform": "test", **fields})


def limited(name: str, comparison: str, *values: str, codec: str = "flac") -> list[dict[str, Any]]:
    one = {"name": name, "comparison": comparison, "values": values, "required": True}
    return [{"type": "AudioCodec", "name": codec, "limitations": [one]}]


class DecisionTests(SynchronousTestCase):
    """A song and a player."""

    def decided(self, source: Any, cap: int = 0, can: bool = True, **fields: Any) -> Decision:
        return decide(source, player_in(told(**fields)), cap, can)

    def test_as_it_is(self) -> None:
        """One profile that fits will do; each of the others has its reason."""
        profiles = [{"containers": ["mp4"]}, {"containers": ["mp3"], "audioCodecs": ["aac"]}, {"containers": ["MP3"]},
                    {"protocols": ["hls"]}, {"maxAudioChannels": 1}]  # fmt: skip
        decision = self.decided(MP3, directPlayProfiles=profiles)
        self.assertTrue(decision.plays_as_it_is)
        self.assertEqual(
            ("container not supported", "audio codec not supported", "protocol not supported",
             "audio channels not supported"), decision.reasons,
        )  # fmt: skip

    def test_limits(self) -> None:
        """The player's, the codec's, the account's: each can be in the way."""
        plays: Any = [{"containers": [], "audioCodecs": []}]
        for fields in (
            {"maxAudioBitrate": 500_000},
            {"codecProfiles": limited("audioSamplerate", "Equals", "48000", "96000")},
            {"codecProfiles": limited("audioBitdepth", "GreaterThanEqual", "24")},
            {"codecProfiles": limited("audioChannels", "NotEquals", "2")},
        ):
            self.assertFalse(self.decided(FLAC, directPlayProfiles=plays, **fields).plays_as_it_is, fields)
            self.assertTrue(self.decided(MP3, directPlayProfiles=plays, **fields).plays_as_it_is, fields)
        self.assertFalse(self.decided(MP3, 128_000, directPlayProfiles=plays).plays_as_it_is)

    def test_what_is_made(self) -> None:
        """The first form that we know and that fits; nothing where the pod converts nothing."""
        wishes = [{"container": "mp4", "audioCodec": "aac", "protocol": "hls"}, {"container": "flac"},
                  {"container": "ogg", "audioCodec": "opus"}]  # fmt: skip
        free = self.decided(MP3, transcodingProfiles=wishes)
        self.assertEqual("flac", free.made and free.made.format)
        narrow = self.decided(FLAC, transcodingProfiles=wishes, maxTranscodingAudioBitrate=96_000)
        assert narrow.made is not None and narrow.result is not None
        self.assertEqual(
            ("opus", 96_000, 48_000), (narrow.made.format, narrow.result.bitrate, narrow.result.samplerate)
        )
        self.assertIsNone(self.decided(FLAC, can=False, transcodingProfiles=wishes).made)
        self.assertIsNone(self.decided(FLAC, transcodingProfiles=[{"container": "mp3", "maxAudioChannels": 1}]).made)
        mp3 = self.decided(FLAC, transcodingProfiles=[{"container": "mp3", "audioCodec": "mp3"}],
                           codecProfiles=limited("audioBitrate", "LessThanEqual", "128000", codec="mp3"))  # fmt: skip
        self.assertEqual(128_000, mp3.result and mp3.result.bitrate)

    @settings(max_examples=300, deadline=None)
    @given(some.dictionaries(some.sampled_from(FIELDS), ANYTHING))
    def test_anything(self, fields: dict[str, Any]) -> None:
        """Whatever a player says, there is a decision or code 10; what is made is within what we can."""
        try:
            body = told(**fields)
        except TypeError:  # no number of JSON
            return
        try:
            player = player_in(body)
        except Refused:
            return
        decision = decide(FLAC, player, 0, True)
        if decision.result is not None and decision.made is not None and decision.made.most:
            self.assertTrue(decision.made.least <= decision.result.bitrate <= decision.made.most)

    def test_forms(self) -> None:
        """Each has a place in ffmpeg's table."""
        self.assertEqual({"mp3", "opus", "ogg", "flac", "m4a", "aac"}, {form.format for form in FORMS})
