"""Which media type goes with which extension, as uploads, players and proxies know them (docs/storage.md S-1)."""

from __future__ import annotations

from collections.abc import Mapping

EXTENSION: Mapping[str, str] = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/x-m4a": "m4a",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/x-aiff": "aiff",
    "audio/aiff": "aiff",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/x-ms-wma": "wma",
    "audio/x-wavpack": "wv",
    "audio/x-ape": "ape",
    "audio/x-musepack": "mpc",
    "audio/x-tta": "tta",
    "video/ogg": "ogg",
    "application/ogg": "ogg",
}

_MEDIA_TYPE: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/opus",
    "m4a": "audio/x-m4a",
    "aac": "audio/x-m4a",
    "flac": "audio/flac",
    "aif": "audio/x-aiff",
    "aiff": "audio/x-aiff",
    "wav": "audio/x-wav",
    "wma": "audio/x-ms-wma",
    "wv": "audio/x-wavpack",
    "ape": "audio/x-ape",
    "mpc": "audio/x-musepack",
    "tta": "audio/x-tta",
}


def media_type_for(extension: str) -> str | None:
    """What a file with the extension (no dot, small letters) usually is; None for what is none of audio."""
    return _MEDIA_TYPE.get(extension)


def extension_of(media_type: str) -> str:
    """The usual extension, without a dot; empty for a type that is none of audio."""
    return EXTENSION.get(media_type, "")
