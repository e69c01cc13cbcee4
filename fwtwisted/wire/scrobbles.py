"""
Listenings in the words of the services that keep them: ListenBrainz, Maloja, Audioscrobbler 1.2, Last.fm.

Source: https://listenbrainz.readthedocs.io/en/latest/users/api/core.html;
https://github.com/krateng/maloja (``/apis/mlj_1/newscrobble``); the Audioscrobbler Realtime Submission Protocol 1.2;
https://www.last.fm/api/mobileauth, https://www.last.fm/api/show/track.scrobble.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from attrs import frozen

from fwtwisted.model.plugins import Scrobble

CLIENT = "fwtwisted"
AUDIOSCROBBLER_CLIENT = "tst"  # what the protocol has for clients to whom nobody gave a name


def listenbrainz_listen(heard: Scrobble, version: str) -> bytes:
    """One finished listen, for ``/1/submit-listens``."""
    told: dict[str, Any] = {"media_player": CLIENT, "submission_client": CLIENT, "submission_client_version": version}
    told |= _known(
        recording_mbid=_text(heard.track_mbid),
        release_mbid=_text(heard.album_mbid),
        artist_mbids=None if heard.artist_mbid is None else [str(heard.artist_mbid)],
        tracknumber=heard.position,
        duration_ms=None if heard.duration is None else heard.duration * 1000,
    )
    metadata = _known(artist_name=heard.artist, track_name=heard.title, release_name=heard.album)
    listen = {"listened_at": _seconds(heard.listened_at), "track_metadata": metadata | {"additional_info": told}}
    return orjson.dumps({"listen_type": "single", "payload": [listen]})


def listenbrainz_feedback(recording: UUID, is_favorite: bool) -> bytes:
    """Love, or no love any more, for ``/1/feedback/recording-feedback``."""
    return orjson.dumps({"recording_mbid": str(recording), "score": int(is_favorite)})


def maloja_scrobble(heard: Scrobble, key: str, *, nofix: bool) -> bytes:
    """One scrobble, for ``/apis/mlj_1/newscrobble``."""
    told = _known(
        artists=[heard.artist],
        title=heard.title,
        album=heard.album,
        length=heard.duration,
        time=_seconds(heard.listened_at),
        key=key,
    )
    return orjson.dumps(told | ({"nofix": True} if nofix else {}))


# --- Audioscrobbler ------------------------------------------------------------------------------


@frozen
class Handshake:
    """What a server of the Audioscrobbler protocol answers to a greeting.  :ivar url: where listenings go."""

    session: str
    url: str


class Rejected(Exception):
    """
    The service does not take it; the text is what it said, short.

    :ivar is_final: trying again cannot help.
    """

    def __init__(self, why: str, *, is_final: bool) -> None:
        super().__init__(why)
        self.is_final = is_final


def greeting(username: str, password: str, now: datetime, version: str) -> str:
    """The query of the address that a session begins at."""
    moment = str(_seconds(now))
    proof = _md5(_md5(password) + moment)
    told = {"hs": "true", "p": "1.2", "c": AUDIOSCROBBLER_CLIENT, "v": version, "u": username, "t": moment, "a": proof}
    return urlencode(told)


def greeted(body: bytes) -> Handshake:
    """The answer to a greeting.  :raise Rejected:"""
    lines = body.decode("utf-8", "replace").split("\n")
    if lines[0].strip() == "OK" and len(lines) >= 4:
        return Handshake(lines[1].strip(), lines[3].strip())
    raise _rejected(lines[0])


def submission(heard: Scrobble, session: str) -> bytes:
    """One listening."""
    return urlencode(
        {
            "s": session,
            "a[0]": heard.artist,
            "t[0]": heard.title,
            "i[0]": _seconds(heard.listened_at),
            "o[0]": "P",
            "r[0]": "",
            "l[0]": heard.duration or "",
            "b[0]": heard.album or "",
            "n[0]": heard.position or "",
            "m[0]": heard.track_mbid or "",
        }
    ).encode()


def submitted(body: bytes) -> None:
    """The answer to a submission.  :raise Rejected:"""
    first = body.decode("utf-8", "replace").partition("\n")[0].strip()
    if first != "OK":
        raise _rejected(first)


def _rejected(line: str) -> Rejected:
    """BADSESSION and FAILED pass; BANNED, BADAUTH and BADTIME stay."""
    line = line.strip()[:100]
    return Rejected(line, is_final=line.startswith(("BANNED", "BADAUTH", "BADTIME")))


# --- Last.fm -------------------------------------------------------------------------------------

# Codes of errors that pass by themselves: https://www.last.fm/api/errorcodes
LASTFM_PASSING = (8, 11, 16, 29)


def lastfm_login(username: str, password: str, key: str, secret: str) -> bytes:
    """Asks for a session."""
    return _signed({"method": "auth.getMobileSession", "username": username, "password": password}, key, secret)


def lastfm_session(body: bytes) -> str:
    """The session's key.  :raise Rejected:"""
    told = _lastfm(body)
    session = told.get("session")
    found = session.get("key") if isinstance(session, dict) else None
    if not isinstance(found, str):
        raise Rejected("no session", is_final=False)
    return found


def lastfm_scrobble(heard: Scrobble, session: str, key: str, secret: str) -> bytes:
    """One listening."""
    told = _known(
        method="track.scrobble",
        sk=session,
        artist=heard.artist,
        track=heard.title,
        timestamp=str(_seconds(heard.listened_at)),
        album=heard.album,
        mbid=_text(heard.track_mbid),
        trackNumber=_text(heard.position),
        duration=_text(heard.duration),
    )
    return _signed(told, key, secret)


def lastfm_scrobbled(body: bytes) -> None:
    """The answer to it.  :raise Rejected:"""
    _lastfm(body)


def _lastfm(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as why:
        raise Rejected("no JSON", is_final=False) from why
    if not isinstance(told, dict):
        raise Rejected("no object", is_final=False)
    if "error" in told:
        raise Rejected(f"error {told['error']}"[:100], is_final=told["error"] not in LASTFM_PASSING)
    return told


def _signed(told: Mapping[str, str], key: str, secret: str) -> bytes:
    whole = {**told, "api_key": key}
    proof = _md5("".join(f"{name}{whole[name]}" for name in sorted(whole)) + secret)
    return urlencode({**whole, "api_sig": proof, "format": "json"}).encode()


# --- pieces --------------------------------------------------------------------------------------


def _known(**told: Any) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _md5(text: str) -> str:
    """What these protocols call a signature; nothing of ours relies on it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
