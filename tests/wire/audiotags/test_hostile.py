"""Bytes of any kind: made to hurt, cut, changed."""

from __future__ import annotations

import io
import math
import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire import audiotags
from tests import audio
from tests.wire.audiotags.files import (
    attempt,
    tagged_bytes,
)


class HostileTests(SynchronousTestCase):
    """Bytes that mean harm cost little."""

    def test_small_files_with_large_claims(self) -> None:
        """Claimed sizes are not allocated, and many small parts are not walked for long."""
        sound = audio.encoded("mp3")
        for name, body in _hostile(sound).items():
            took = timed(lambda body=body: attempt(body, "a.mp3"))  # type: ignore[misc]
            self.assertLess(took, 0.25, name)

    def test_garbage(self) -> None:
        """200 KB of garbage behind any known start are done with at once."""
        noise = random.Random(7).randbytes(200_000)
        starts = [audio.encoded(kind)[:64] for kind in audio.KINDS]
        for start in [
            *starts,
            b"ID3\x04\0\0\0\x0c\x1a\x20",
            b"ID3\x03\0\0\x7f\x7f\x7f\x7f",
            b"",
            b"\xff\xfb\x90\x64" * 50,
        ]:
            for filling in (
                noise,
                b"\0" * 200_000,
                b"\xff" * 200_000,
                b"\xff\xfb\x90\x64" * 50_000,
                b"OggS\0" * 40_000,
            ):
                took = timed(lambda body=start + filling: attempt(body, "a.mp3"))  # type: ignore[misc]
                self.assertLess(took, 0.25, (start, filling[:8]))

    def test_memory(self) -> None:
        """A file of a hundred bytes that claims gigabytes takes no gigabytes: it is read in a process that has few."""
        script = (
            "import io, resource, sys\n"
            "from fwtwisted.wire import audiotags\n"
            "resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20, 400 * 2**20))\n"
            "for line in sys.stdin:\n"
            "    try:\n"
            "        audiotags.read(io.BytesIO(bytes.fromhex(line)), 'a.mp3')\n"
            "    except audiotags.NotAudio:\n"
            "        pass\n"
            "assert not any(name.startswith('twisted') for name in sys.modules)\n"
            "print('done')\n"
        )
        bodies = [body for body in _hostile(audio.encoded("mp3")).values() if len(body) < 100_000]
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[3],
            input="\n".join(map(bytes.hex, bodies)),
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual("done", done.stdout.strip(), done.stderr)

    def test_disk_that_fails(self) -> None:
        """An error of the disk is an error of the disk, and no verdict on the file."""

        class Failing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() + (size or 0) > 100:
                    raise OSError(5, "Input/output error")
                return super().read(size)

        for kind in audio.KINDS:
            with self.assertRaises(OSError):
                audiotags.read(Failing(audio.encoded(kind)))

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=2000), st.sampled_from(["a.mp3", "a.flac", "a.aac", "a", "a.m4a"]))
    def test_any_bytes(self, body: bytes, name: str) -> None:
        """Any bytes are an AudioFile or NotAudio."""
        attempt(body, name)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_mutated_files(self, data: st.DataObject) -> None:
        """Real files with bytes changed, cut out and put in are an AudioFile or NotAudio, quickly."""
        for kind in audio.KINDS:
            body = bytearray(tagged_bytes(kind))
            for _ in range(data.draw(st.integers(1, 4))):
                at = data.draw(st.integers(0, min(len(body), data.draw(st.sampled_from([64, 2000, len(body)])))))
                mutate(body, at, data.draw(st.integers(0, 4)), data.draw(st.binary(min_size=1, max_size=9)))
            took = timed(lambda body=body, kind=kind: attempt(bytes(body), f"a.{kind}"))  # type: ignore[misc]
            self.assertLess(took, 0.25, kind)

    def test_many_mutations(self) -> None:
        """The same, many times, without hypothesis' bookkeeping."""
        draw = random.Random(20)
        for kind in audio.KINDS:
            whole = tagged_bytes(kind)
            for _ in range(300):
                body = bytearray(whole)
                for _ in range(draw.randint(1, 6)):
                    reach = draw.choice((40, 300, 3000, len(body)))
                    mutate(
                        body,
                        draw.randint(0, min(reach, len(body))),
                        draw.randint(0, 4),
                        draw.randbytes(draw.randint(1, 9)),
                    )
                attempt(bytes(body), f"a.{kind}")


def timed(work: Callable[[], object]) -> float:
    """CPU seconds that some work takes; the better of two, for others may be busy."""
    best = math.inf
    for _ in range(2):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
        if best < 0.1:
            break
    return best


def mutate(body: bytearray, at: int, how: int, change: bytes) -> None:
    """Change bytes, fill them with ones, put some in, take some out, cut."""
    if how == 0:
        body[at : at + len(change)] = change
    elif how == 1:
        body[at : at + len(change)] = b"\xff" * len(change)
    elif how == 2:
        body[at:at] = change
    elif how == 3:
        del body[at : at + len(change) * 7]
    else:
        del body[max(at, 20) :]


def _hostile(sound: bytes) -> dict[str, bytes]:
    """Files made to hurt, by what they try."""

    def sized(size: int) -> bytes:
        return bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))

    def tag(body: bytes, major: int = 4) -> bytes:
        return b"ID3" + bytes((major, 0, 0)) + sized(len(body)) + body + sound

    info = b"\x00\x00\x00\x22" + b"\x10\x00\x10\x00\0\0\0\0\0\0\x05\x62\x20\xf0\0\0\0\xff" + b"\0" * 16
    vorbis = audio.encoded("ogg")
    return {
        "empty frames": tag(b"TIT2\0\0\0\0\0\0" * 20_000),
        "small frames": tag(b"TXXX\0\0\0\x03\0\0\x00a\0" * 15_000),
        "empty short frames": tag(b"TT2\0\0\0" * 30_000, 2),
        "unknown frames": tag(b"ZZZZ\0\0\0\x01\0\0x" * 18_000),
        "values": tag(b"TPE1" + sized(200_001) + b"\0\0\x03" + b"a\0" * 100_000),
        "ids": tag(b"TXXX" + sized(200_022) + b"\0\0\x03MusicBrainz Artist Id" + b"\0;" * 100_000),
        "huge frame": tag(b"APIC\x7f\x7f\x7f\x7f\0\0\x00image/png\0\x03\0" + audio.image()),
        "bomb": tag(_bomb()),
        "flac: many comments": b"fLaC" + info + b"\x84\x03\0\0" + b"\0\0\0\0" + b"\xff\xff\xff\xff" + b"\0" * 196_000,
        "flac: many blocks": b"fLaC" + info + b"\x01\0\0\0" * 50_000,
        "flac: huge picture": b"fLaC" + info + b"\x86\xff\xff\xff\0\0\0\x03\xff\xff\xff\xff",
        "ogg: pages of nothing": vorbis[:58] + (b"OggS\0\0" + b"\0" * 8 + vorbis[14:18] + b"\0" * 9) * 7000,
        "ogg: other streams": b"".join(
            b"OggS\0\x02" + b"\0" * 8 + struct.pack("<I", n) + b"\0" * 9 for n in range(7000)
        ),
        "ogg: one comment, many pages": vorbis[:58]
        + (b"OggS\0\0" + b"\0" * 8 + vorbis[14:18] + b"\0" * 8 + b"\x01\xff" + b"a" * 255) * 700,
        "mp4: many atoms": b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 25_000,
        "mp4: nested": b"\0\0\0\x08ftyp"
        + b"".join(struct.pack(">I4s", 200_000 - 8 * n, b"moov") for n in range(20_000)),
        "mp4: huge": b"\0\0\0\x08ftyp\0\0\0\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\x01trak\x7f" + b"\xff" * 7,
        "wav: chunks": b"RIFF\xff\xff\xff\xffWAVE" + b"zzzz\0\0\0\0" * 25_000,
        "wav: info": b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\x02\0INFO" + b"INAM\0\0\0\0" * 20_000,
        "aiff: chunks": b"FORM\xff\xff\xff\xffAIFF" + b"zzzz\0\0\0\0" * 25_000,
        "asf: objects": audio.encoded("wma")[:24] + b"\xff\xff\xff\xff\x01\x02" + b"\0" * 200_000,
        "ape: items": sound
        + b"\0\0\0\0\0\0\0\0ab\0" * 15_000
        + b"APETAGEX"
        + struct.pack("<IIII", 2000, 165_032, 15_000, 0)
        + b"\0" * 8,
        "ape: lies": sound + b"APETAGEX" + struct.pack("<IIII", 2000, 2**32 - 1, 2**32 - 1, 0) + b"\0" * 8,
    }


def _bomb() -> bytes:
    packed = zlib.compress(b"\x03" + b"a" * 60_000_000)
    size = len(packed) + 4
    return (
        b"TIT2" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + b"\0\x09\0\0\0\0" + packed
    )
