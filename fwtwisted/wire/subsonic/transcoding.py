"""
What a player can play, and how a song gets to it: the extension ``transcoding``.

A player says what it plays as it is, what it would take instead, and within which limits; :func:`decide` compares
that with a song.  Bit rates are bits a second here, unlike everywhere else in the protocol.

Source: docs/subsonic.md §9.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import ge, le
from typing import Any

import orjson
from attrs import frozen

from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Code, Refused

HTTP = "http"
_MOST = 200  # profiles and limitations that are looked at
_LARGEST = 1 << 40  # of any number that a player says


@frozen
class Sound:
    """
    How something sounds, or would.

    :ivar container: and ``codec``: as players name them.
    :ivar bitrate: bits a second.  :ivar samplerate: a second.  :ivar bitdepth: 0 in what has none.  0: unknown.
    """

    container: str
    codec: str
    channels: int = 0
    bitrate: int = 0
    samplerate: int = 0
    bitdepth: int = 0

    @property
    def document(self) -> Payload:
        """As apps are told of it."""
        return {
            "protocol": HTTP,
            "container": self.container,
            "codec": self.codec,
            "audioChannels": self.channels,
            "audioBitrate": self.bitrate,
            "audioProfile": "",
            "audioSamplerate": self.samplerate,
            "audioBitdepth": self.bitdepth,
        }


@frozen
class Made:
    """
    A form that we can make.

    :ivar format: as ffmpeg's table names it.
    :ivar most: bits a second; 0: of a form without a bitrate.
    :ivar samplerates: that it may have; none: that of the source.
    """

    format: str
    containers: tuple[str, ...]
    codec: str
    most: int = 320_000
    least: int = 16_000
    samplerates: tuple[int, ...] = (44_100, 48_000)


# In the order of their names; a player's own order decides.
FORMS = (
    Made("mp3", ("mp3",), "mp3", least=32_000),
    Made("opus", ("ogg", "opus"), "opus", least=8_000, samplerates=(48_000,)),
    Made("ogg", ("ogg", "oga"), "vorbis", least=48_000),
    Made("flac", ("flac",), "flac", most=0, least=0, samplerates=()),
    Made("m4a", ("mp4", "m4a"), "aac"),
    Made("aac", ("aac", "adts"), "aac"),
)

# Container and codec by media type.
_SOUNDS: Mapping[str, tuple[str, str]] = {
    "audio/mpeg": ("mp3", "mp3"),
    "audio/mp3": ("mp3", "mp3"),
    "audio/ogg": ("ogg", "vorbis"),
    "audio/opus": ("ogg", "opus"),
    "audio/x-m4a": ("mp4", "aac"),
    "audio/mp4": ("mp4", "aac"),
    "audio/aac": ("aac", "aac"),
    "audio/flac": ("flac", "flac"),
    "audio/x-flac": ("flac", "flac"),
    "audio/x-aiff": ("aiff", "pcm"),
    "audio/aiff": ("aiff", "pcm"),
    "audio/wav": ("wav", "pcm"),
    "audio/x-wav": ("wav", "pcm"),
    "audio/x-ms-wma": ("asf", "wma"),
    "audio/x-wavpack": ("wv", "wavpack"),
    "audio/x-ape": ("ape", "ape"),
    "audio/x-musepack": ("mpc", "musepack"),
    "audio/x-tta": ("tta", "tta"),
}
_ALIASES = {"m4a": "mp4", "m4b": "mp4", "mov": "mp4", "oga": "ogg", "opus": "ogg", "adts": "aac", "aif": "aiff"}


def sound_of(media_type: str, channels: int, bitrate: int, samplerate: int, bitdepth: int) -> Sound:
    """How a file sounds."""
    container, codec = _SOUNDS.get(media_type, ("", ""))
    return Sound(container, codec, channels, bitrate, samplerate, bitdepth)


# --- what a player says ----------------------------------------------------------------------------------


@frozen
class DirectPlay:
    """What a player plays as it is; empty: anything."""

    containers: tuple[str, ...]
    codecs: tuple[str, ...]
    protocols: tuple[str, ...]
    most_channels: int


@frozen
class Target:
    """What a player takes instead."""

    container: str
    codec: str
    protocol: str
    most_channels: int


@frozen
class Limitation:
    """What a player cannot do with a codec.  :ivar values: whole numbers for all names but ``audioProfile``."""

    codec: str
    name: str
    comparison: str
    values: tuple[str, ...]
    required: bool


@frozen
class Player:
    """What a player says that it can play.  :ivar most_bitrate: and ``most_transcoded``: bits a second; 0: no limit."""

    most_bitrate: int
    most_transcoded: int
    direct: tuple[DirectPlay, ...]
    targets: tuple[Target, ...]
    limitations: tuple[Limitation, ...]


def player_in(body: bytes) -> Player:
    """
    What a player says of itself.

    :raise Refused: code 10: the body is no JSON of that kind, or does not name the player.
    """
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unreadable("the body is no JSON") from error
    if not isinstance(told, dict):
        raise _unreadable("the body is no JSON object")
    for name in ("name", "platform"):
        if not isinstance(told.get(name), str) or not told[name]:
            raise _unreadable(name)
    return Player(
        _count(told, "maxAudioBitrate"),
        _count(told, "maxTranscodingAudioBitrate"),
        tuple(map(_direct, _objects(told, "directPlayProfiles"))),
        tuple(map(_target, _objects(told, "transcodingProfiles"))),
        tuple(_limitations(told)),
    )


def _unreadable(what: str) -> Refused:
    return Refused(Code.MISSING_PARAMETER, f"Required parameter is missing or not readable: {what}")


def _count(told: Mapping[str, Any], name: str) -> int:
    """A whole number from 0 on; one that did not come is 0, others come as near as they can."""
    value = told.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unreadable(name)
    return int(max(0, min(value, _LARGEST)))


def _objects(told: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    values = told.get(name) or []
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise _unreadable(name)
    return values[:_MOST]


def _words(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Texts in lower case; a single one is taken for a list of it."""
    values = told.get(name) or []
    several = [values] if isinstance(values, str | int) else values
    if not isinstance(several, list) or not all(isinstance(one, str | int | float) for one in several):
        raise _unreadable(name)
    return tuple(str(one).strip().lower() for one in several[:_MOST])


def _word(told: Mapping[str, Any], name: str) -> str:
    return next(iter(_words(told, name)), "")


def _direct(told: Mapping[str, Any]) -> DirectPlay:
    names = ("containers", "audioCodecs", "protocols")
    containers, codecs, protocols = (_words(told, name) for name in names)
    return DirectPlay(tuple(map(_plain, containers)), codecs, protocols, _count(told, "maxAudioChannels"))


def _target(told: Mapping[str, Any]) -> Target:
    container, codec, protocol = (_word(told, name) for name in ("container", "audioCodec", "protocol"))
    return Target(container, codec or container, protocol or HTTP, _count(told, "maxAudioChannels"))


def _limitations(told: Mapping[str, Any]) -> Iterator[Limitation]:
    for profile in _objects(told, "codecProfiles"):
        codec = _word(profile, "name")
        for one in _objects(profile, "limitations"):
            name, comparison = (str(one.get(key) or "") for key in ("name", "comparison"))
            yield Limitation(codec, name, comparison, _words(one, "values"), one.get("required") is True)


def _plain(container: str) -> str:
    return _ALIASES.get(container, container)


# --- the decision --------------------------------------------------------------------------------------------


@frozen
class Decision:
    """
    How a song gets to a player.

    :ivar reasons: why each way of playing it as it is will not do.
    :ivar made: and ``result``: what it is turned into; None: nothing that the player takes.
    """

    plays_as_it_is: bool
    reasons: tuple[str, ...]
    made: Made | None = None
    result: Sound | None = None


def decide(source: Sound, player: Player, cap: int, can_transcode: bool) -> Decision:
    """
    Compare a song with a player.

    :param cap: bits a second that the listener may have at most; 0: no limit.
    """
    reasons = [_why_not(source, profile, player, cap) for profile in player.direct]
    plays = any(reason is None for reason in reasons)
    told = tuple(reason for reason in reasons if reason is not None)
    targets = player.targets if can_transcode else ()
    found = next((one for target in targets if (one := _turned(source, target, player, cap))), None)
    return Decision(plays, told, *(found or (None, None)))


def _why_not(source: Sound, profile: DirectPlay, player: Player, cap: int) -> str | None:
    """Why a song cannot be played so as it is; None when it can."""
    limit = _least(player.most_bitrate, cap)
    if profile.containers and _plain(source.container) not in profile.containers:
        return "container not supported"
    if profile.codecs and source.codec not in profile.codecs:
        return "audio codec not supported"
    if profile.protocols and HTTP not in profile.protocols:
        return "protocol not supported"
    if profile.most_channels and source.channels > profile.most_channels:
        return "audio channels not supported"
    if limit and source.bitrate > limit:
        return "audio bitrate too high"
    broken = next((one for one in player.limitations if one.required and not _within(source, one)), None)
    return None if broken is None else f"{broken.name} not supported"


def _turned(source: Sound, target: Target, player: Player, cap: int) -> tuple[Made, Sound] | None:
    """What a song is turned into for a target; None when that cannot be, or is more than the player bears."""
    if target.protocol != HTTP:
        return None
    made = next((one for one in FORMS if target.codec == one.codec and target.container in one.containers), None)
    limit = _least(player.most_transcoded, player.most_bitrate, cap)
    if made is None or (limit and (not made.most or limit < made.least)):
        return None
    bitrate = min(limit or made.most, made.most, source.bitrate or made.most) if made.most else 0
    bitrate = max(made.least, min(bitrate, _most_bitrate(made.codec, player) or bitrate))
    lossy = bool(made.most)
    rate = source.samplerate if not made.samplerates or source.samplerate in made.samplerates else made.samplerates[-1]
    channels = 2 if lossy else source.channels
    result = Sound(target.container, made.codec, channels, bitrate, rate, 0 if lossy else source.bitdepth)
    if target.most_channels and channels > target.most_channels:
        return None
    if any(one.required and not _within(result, one) for one in player.limitations):
        return None
    return made, result


def _most_bitrate(codec: str, player: Player) -> int:
    """The lowest of the player's limits on a codec's bitrate; 0: there is none."""
    limits = (
        int(value)
        for one in player.limitations
        if (one.codec, one.name, one.comparison) == (codec, "audioBitrate", "LessThanEqual")
        for value in one.values[:1]
        if value.isascii() and value.isdigit() and len(value) < 13
    )
    return min(limits, default=0)


_FACTS: Mapping[str, Callable[[Sound], int]] = {
    "audioChannels": lambda sound: sound.channels,
    "audioBitrate": lambda sound: sound.bitrate,
    "audioSamplerate": lambda sound: sound.samplerate,
    "audioBitdepth": lambda sound: sound.bitdepth,
}
_ORDERS: Mapping[str, Callable[[int, int], bool]] = {"LessThanEqual": le, "GreaterThanEqual": ge}


def _within(sound: Sound, limitation: Limitation) -> bool:
    """Whether a sound keeps to a limitation; of what is unknown, or not understood, the best is hoped."""
    fact = _FACTS.get(limitation.name)
    if fact is None or limitation.codec != sound.codec or not fact(sound):
        return True
    known = fact(sound)
    values = [int(one) for one in limitation.values if one.isascii() and one.isdigit() and len(one) < 13]
    if not values:
        return True
    if limitation.comparison in _ORDERS:
        return _ORDERS[limitation.comparison](known, values[0])
    is_among = known in values
    return not is_among if limitation.comparison == "NotEquals" else is_among or limitation.comparison != "Equals"


def _least(*limits: int) -> int:
    return min((limit for limit in limits if limit), default=0)
