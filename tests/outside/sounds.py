"""Real audio for the tests, made by the real ffmpeg."""

from __future__ import annotations

import os
import tempfile
from functools import cache

from mutagen import File as TaggedFile
from twisted.internet import reactor
from twisted.internet.utils import getProcessOutputAndValue

from fwtwisted.outside.ffmpeg import found_ffmpeg


def ffmpeg() -> str:
    """The program; a machine without it cannot run these tests."""
    program = found_ffmpeg()
    assert program is not None, "these tests need ffmpeg"
    return program


@cache
def folder() -> str:
    """Where the sounds of this run lie; they are made once."""
    return tempfile.mkdtemp(prefix="fwtwisted-sounds-")


async def sound(seconds: float, suffix: str = "flac", *arguments: str) -> str:
    """The path of a file with so many seconds of a tone and some noise; not to be changed."""
    path = os.path.join(folder(), f"{seconds}{'_'.join(arguments).replace('/', '')}.{suffix}")
    if not os.path.exists(path):
        filters = f"sine=440:duration={seconds}[a];anoisesrc=duration={seconds}:amplitude=0.05[b];[a][b]amix"
        made = ["-v", "error", "-f", "lavfi", "-i", filters, *arguments, path]
        _, err, status = await getProcessOutputAndValue(ffmpeg(), made, reactor=reactor)
        assert status == 0, err
    return path


def seconds_of(path: str) -> float:
    """How long a file says that it is."""
    found = TaggedFile(path)
    assert found is not None, path
    return float(found.info.length)


async def decoded_seconds(path: str) -> float:
    """How long a file plays, by decoding all of it."""
    made = ["-v", "error", "-i", path, "-ac", "1", "-ar", "8000", "-f", "s16le", "-"]
    out, err, status = await getProcessOutputAndValue(ffmpeg(), made, reactor=reactor)
    assert status == 0, err
    return len(out) / 16_000
