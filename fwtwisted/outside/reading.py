"""
Looking at a file that is to be imported: its tags, its digest, and the picture that comes with it.

Everything here blocks.  It runs in a thread for a single upload, and for whole folders in child processes, of which
this module is the program: ``python -m fwtwisted.outside.reading`` answers requests on its standard input, one after
the other, until that ends.  See ``readers`` for the other side.

On the pipe a message is four bytes of length and a JSON document.  A request is ``[path]``, the path's bytes read as
Latin-1, for a file's name need not be UTF-8; an answer is :func:`told`.  An answer of ``[]`` means "still at it".
"""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import signal
import stat
import sys
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import IO, Any, BinaryIO
from uuid import UUID

import orjson
from attrs import evolve, field, frozen

from fwtwisted.wire.audiotags import AudioFile, Credit, NotAudio, Picture, ReplayGain, Tags, read

STEP = 1 << 20
SIGN_OF_LIFE_EACH = 64 * STEP
MOST_MEMORY = 1 << 30
NICENESS = 10

LARGEST_PICTURE = 20 << 20
BESIDE_STEMS = ("cover", "folder")
BESIDE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")

_PICTURES = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
)
EXTENSION_OF = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}

VANISHED = "The file was gone when it was its turn."
FORBIDDEN = "The server may not read this file. Give its user the right to."
NO_FILE = "This is no plain file."
BAD_DISK = "The disk failed while this file was read."
TOO_MUCH = "Reading this file took too long or too much memory; it is damaged."

_NO_FILE = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})


@frozen
class Cover:
    """
    The picture that comes with a file; its bytes are fetched with :func:`picture_of` when they are wanted.

    :ivar sha256: of its bytes.
    :ivar beside: path of the picture's own file; None: it is embedded.
    """

    sha256: bytes = field(repr=bytes.hex)
    media_type: str
    beside: str | None


@frozen
class Examined:
    """
    A file that was looked at.

    :ivar size: bytes.  :ivar mtime_ns: of the last change, nanoseconds since 1970.
    :ivar checksum: ``sha256:HEX``.
    :ivar audio: what it is, without its picture; None when it cannot be read.
    :ivar trouble: why, in words for a person; empty when it can.
    :ivar is_gone: nothing lies there.
    """

    size: int = 0
    mtime_ns: int = 0
    checksum: str = ""
    audio: AudioFile | None = None
    cover: Cover | None = None
    trouble: str = ""
    is_gone: bool = False


def _nothing() -> None:
    """Nobody waits for a sign of life."""


def examine(path: str, name: str = "", alive: Callable[[], None] = _nothing, *, checksum: str = "") -> Examined:
    """
    Look at a file.

    :param name: what it is called, when the path does not say.
    :param checksum: what is known of it, so that not all of it must be read.
    :param alive: called now and then while it takes.
    """
    try:
        fd, about = _opened(path)
    except FileNotFoundError:
        return Examined(trouble=VANISHED, is_gone=True)
    except PermissionError:
        return Examined(trouble=FORBIDDEN)
    except OSError as error:
        return Examined(trouble=NO_FILE if error.errno in _NO_FILE else BAD_DISK)
    with open(fd, "rb", buffering=STEP >> 4) as file:
        seen = Examined(about.st_size, about.st_mtime_ns, checksum)
        return _examined(file, path, name or os.path.basename(path), seen, alive)


def _opened(path: str) -> tuple[int, os.stat_result]:
    """A plain file, open for reading."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe that lies there does not hold us up
    about = os.fstat(fd)
    if not stat.S_ISREG(about.st_mode):
        os.close(fd)
        raise IsADirectoryError(errno.EISDIR, path)
    return fd, about


def _examined(file: BinaryIO, path: str, name: str, seen: Examined, alive: Callable[[], None]) -> Examined:
    try:
        seen = evolve(seen, checksum=seen.checksum or _checksum(file, alive))
        audio = read(file, name)
    except NotAudio as error:
        return evolve(seen, trouble=str(error))
    except MemoryError:
        return evolve(seen, trouble=TOO_MUCH)
    except OSError:
        return evolve(seen, trouble=BAD_DISK)
    return evolve(seen, audio=evolve(audio, cover=None), cover=_embedded(audio.cover) or _beside(path))


def _checksum(file: BinaryIO, alive: Callable[[], None]) -> str:
    digest, done = hashlib.sha256(), 0
    file.seek(0)
    while body := file.read(STEP):
        digest.update(body)
        done += len(body)
        if done % SIGN_OF_LIFE_EACH < len(body):
            alive()
    return f"sha256:{digest.hexdigest()}"


def whole_tags(path: str, name: str) -> AudioFile:
    """What a file is, its picture included.  :raise NotAudio: :raise OSError:"""
    fd, _ = _opened(path)
    with open(fd, "rb") as file:
        return read(file, name)


# --- pictures ------------------------------------------------------------------------------------


def picture_type(body: bytes) -> str | None:
    """The media type of a picture by its first bytes; None for what is never stored."""
    return next((kind for magic, at, kind in _PICTURES if body[at : at + len(magic)] == magic), None)


def _embedded(picture: Picture | None) -> Cover | None:
    kind = picture_type(picture.body) if picture else None
    return Cover(hashlib.sha256(picture.body).digest(), kind, None) if picture and kind else None


def _beside(path: str) -> Cover | None:
    """The picture that lies in the folder of a file."""
    folder = os.path.dirname(path)
    try:
        return _in_folder(folder, os.stat(folder).st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _in_folder(folder: str, _changed: int) -> Cover | None:
    found = {}
    for name in os.listdir(folder):
        stem, ending = os.path.splitext(name.lower())
        if stem in BESIDE_STEMS and ending in BESIDE_ENDINGS:
            found[BESIDE_STEMS.index(stem), BESIDE_ENDINGS.index(ending), name] = os.path.join(folder, name)
    for _, place in sorted(found.items()):
        body = _small_file(place)
        kind = picture_type(body)
        if kind:
            return Cover(hashlib.sha256(body).digest(), kind, place)
    return None


def _small_file(path: str) -> bytes:
    """A plain file's bytes; none when it is larger than a picture may be, or cannot be read."""
    try:
        fd, about = _opened(path)
    except OSError:
        return b""
    with open(fd, "rb") as file:
        return file.read() if about.st_size <= LARGEST_PICTURE else b""


def picture_of(path: str, cover: Cover) -> bytes | None:
    """The bytes of the picture that came with a file; None when they are others by now."""
    try:
        if cover.beside is not None:
            body = _small_file(cover.beside)
        else:
            with open(path, "rb") as file:
                picture = read(file, os.path.basename(path)).cover
            body = picture.body if picture else b""
    except (OSError, NotAudio):
        return None
    return body if hashlib.sha256(body).digest() == cover.sha256 else None


# --- on the pipe -----------------------------------------------------------------------------------


def on_wire(path: str) -> str:
    """A path as a text that any document can hold."""
    return os.fsencode(path).decode("latin-1")


def off_wire(text: str) -> str:
    """The path again."""
    return os.fsdecode(text.encode("latin-1"))


def told(seen: Examined) -> list[Any]:
    """What was seen, as a document."""
    cover, audio = seen.cover, seen.audio
    return [
        seen.size, seen.mtime_ns, seen.checksum, seen.trouble, seen.is_gone,
        cover and [cover.sha256.hex(), cover.media_type, None if cover.beside is None else on_wire(cover.beside)],
        audio and [
            audio.media_type, audio.extension, audio.duration_seconds, audio.bitrate_bps, audio.sample_rate,
            audio.channels, audio.bit_depth, _told_tags(audio.tags), None, audio.truncated,
        ],
    ]  # fmt: skip


def _told_tags(tags: Tags) -> list[Any]:
    gain = tags.gain
    return [
        tags.title, _told_credits(tags.artists), tags.artists_text, tags.album, _told_credits(tags.album_artists),
        tags.album_artists_text, tags.position, tags.total_tracks, tags.disc, tags.total_discs,
        tags.released, tags.genres, tags.license, tags.copyright, tags.comment, tags.mbid, tags.release_track_mbid,
        tags.album_mbid, [gain.track_gain, gain.track_peak, gain.album_gain, gain.album_peak], tags.bpm,
        tags.compilation, tags.lyrics, tags.synced_lyrics, tags.lyrics_language,
    ]  # fmt: skip


def _told_credits(credits: Any) -> list[list[Any]]:
    return [[one.name, one.mbid] for one in credits]


def heard(document: list[Any]) -> Examined:
    """The other way round."""
    size, mtime_ns, checksum, trouble, is_gone, cover, audio = document
    return Examined(
        size,
        mtime_ns,
        checksum,
        _heard_audio(audio) if audio else None,
        Cover(bytes.fromhex(cover[0]), cover[1], None if cover[2] is None else off_wire(cover[2])) if cover else None,
        trouble,
        is_gone,
    )


def _heard_audio(values: list[Any]) -> AudioFile:
    known = list(values)
    known[7] = _heard_tags(known[7])
    return AudioFile(*known)


def _heard_tags(values: list[Any]) -> Tags:
    known = list(values)
    known[1], known[4] = _heard_credits(known[1]), _heard_credits(known[4])
    known[11] = tuple(known[11])
    known[10] = date.fromisoformat(known[10]) if known[10] else None
    for place in (15, 16, 17):
        known[place] = _uuid(known[place])
    known[18] = ReplayGain(*known[18])
    return Tags(*known)


def _heard_credits(values: list[list[Any]]) -> tuple[Credit, ...]:
    return tuple(Credit(name, _uuid(mbid)) for name, mbid in values)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def framed(document: object) -> bytes:
    """A document with its length before it."""
    body = orjson.dumps(document)
    return len(body).to_bytes(4, "big") + body


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until they end."""

    def say(document: object) -> None:
        answers.write(framed(document))
        answers.flush()

    while length := requests.read(4):
        (path,) = orjson.loads(requests.read(int.from_bytes(length, "big")))
        say(told(examine(off_wire(path), alive=lambda: say([]))))


def main() -> None:
    """The child process: gentle to others, and unable to eat all memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal is meant for our parent, who ends us
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
