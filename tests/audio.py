"""
Real audio files for tests and benchmarks.

Every kind is encoded by ffmpeg once a run, from a sine wave; after that a file is a copy with tags of its own, so that
thousands are cheap.  :func:`make` makes one, :func:`make_many` a library.
"""

from __future__ import annotations

import atexit
import base64
import random
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any

from attrs import frozen
from mutagen import aiff, asf, flac, id3, mp3, mp4, oggflac, oggopus, oggspeex, oggvorbis, wave, wavpack
from mutagen.asf._attrs import ASFByteArrayAttribute

from fwtwisted.outside.ffmpeg import found_ffmpeg

SECONDS = 1.6
# How each kind is encoded: extension and ffmpeg's arguments.
ENCODERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "mp3": ("mp3", ("-c:a", "libmp3lame", "-b:a", "64k", "-reservoir", "0", "-id3v2_version", "0")),
    "mp3vbr": ("mp3", ("-c:a", "libmp3lame", "-q:a", "5", "-id3v2_version", "0")),
    "flac": ("flac", ("-c:a", "flac")),
    "ogg": ("ogg", ("-c:a", "libvorbis", "-q:a", "1")),
    "opus": ("opus", ("-c:a", "libopus", "-b:a", "48k")),
    "oggflac": ("oga", ("-c:a", "flac", "-f", "ogg")),
    "speex": ("spx", ("-ar", "16000", "-c:a", "libspeex")),
    "m4a": ("m4a", ("-c:a", "aac", "-b:a", "64k")),
    "alac": ("m4a", ("-c:a", "alac")),
    "aac": ("aac", ("-c:a", "aac", "-b:a", "64k", "-f", "adts")),
    "aiff": ("aiff", ("-c:a", "pcm_s16be",)),
    "wav": ("wav", ("-c:a", "pcm_s16le", "-bitexact")),
    "wma": ("wma", ("-c:a", "wmav2", "-b:a", "64k")),
    "wavpack": ("wv", ("-c:a", "wavpack")),
    "tta": ("tta", ("-c:a", "tta")),
}  # fmt: skip
KINDS = tuple(ENCODERS)
# Kinds that carry no tags which mutagen can write.
BARE = ("aac", "tta")


@cache
def ffmpeg() -> str:
    """Path of the ffmpeg of this machine, or of the wheel."""
    program = found_ffmpeg()
    assert program is not None, "there is no ffmpeg: install it, or the package imageio-ffmpeg"
    return program


@cache
def _workshop() -> Path:
    """A folder for what was encoded, gone with the process."""
    folder = Path(tempfile.mkdtemp(prefix="audio-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def encoded(kind: str, pitch: int = 440, seconds: float = SECONDS, rate: int = 22050) -> bytes:
    """
    The bytes of a sine wave without tags, as ``kind``; in mono.

    Speex is always the same one, ``tests/tone.spx``: not every ffmpeg can make it.
    """
    if kind == "speex":
        return (Path(__file__).parent / "tone.spx").read_bytes()
    extension, arguments = ENCODERS[kind]
    target = _workshop() / f"{kind}-{pitch}-{seconds}-{rate}.{extension}"
    if kind == "opus":
        rate = 48000
    source = f"sine=frequency={pitch}:duration={seconds}:sample_rate={rate}"
    command = [ffmpeg(), "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", source, "-map_metadata", "-1"]
    subprocess.run([*command, "-fflags", "+bitexact", *arguments, str(target)], check=True)
    return target.read_bytes()


@cache
def image(width: int = 8, height: int = 8, red: int = 200, green: int = 80, blue: int = 40) -> bytes:
    """A PNG of one colour."""
    rows = (b"\0" + bytes((red, green, blue)) * width) * height

    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make(folder: Path | str, kind: str, name: str | None = None, *, pitch: int = 440, **tags: Any) -> Path:
    """
    An audio file with tags, in ``folder``.

    :param kind: one of :data:`KINDS`.
    :param name: file name; ``<kind>.<extension>`` if left out.  Missing folders on the way to it are made.
    :param tags: title, artist, album, albumartist, track (``3`` or ``"3/12"``), disc, date, genre, copyright, license,
        comment, lyrics, bpm, compilation, mbid, release_track_mbid, album_mbid, artist_mbids, album_artist_mbids,
        artists, replaygain_track_gain and its like: text, number, or a list of texts; ``cover`` and ``back``: bytes.
    """
    path = Path(folder) / (name or f"{kind}.{ENCODERS[kind][0]}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(kind, pitch))
    if tags:
        tag(path, kind, **tags)
    return path


def tag(path: Path, kind: str, **tags: Any) -> None:
    """Write tags into a file that :func:`make` made, as its format does it."""
    pictures = [(number, tags.pop(which)) for which, number in (("cover", 3), ("back", 4)) if which in tags]
    texts = {name: _texts(value) for name, value in tags.items()}
    _WRITERS[kind](path, texts, pictures)


def _texts(value: Any) -> list[str]:
    several = value if isinstance(value, list | tuple) else [value]
    return [str(int(one) if isinstance(one, bool) else one) for one in several]


Texts = Mapping[str, list[str]]
Pictures = Sequence[tuple[int, bytes]]

# name here → Vorbis comment, TXXX or ID3 frame, MP4 atom, ASF attribute, APE key
_NAMES: Mapping[str, tuple[str, str, str, str, str]] = {
    "title": ("TITLE", "TIT2", "©nam", "Title", "Title"),
    "artist": ("ARTIST", "TPE1", "©ART", "Author", "Artist"),
    "artists": ("ARTISTS", "ARTISTS", "----:com.apple.iTunes:ARTISTS", "WM/ARTISTS", "Artists"),
    "album": ("ALBUM", "TALB", "©alb", "WM/AlbumTitle", "Album"),
    "albumartist": ("ALBUMARTIST", "TPE2", "aART", "WM/AlbumArtist", "Album Artist"),
    "track": ("TRACKNUMBER", "TRCK", "trkn", "WM/TrackNumber", "Track"),
    "disc": ("DISCNUMBER", "TPOS", "disk", "WM/PartOfSet", "Disc"),
    "date": ("DATE", "TDRC", "©day", "WM/Year", "Year"),
    "genre": ("GENRE", "TCON", "©gen", "WM/Genre", "Genre"),
    "copyright": ("COPYRIGHT", "TCOP", "cprt", "Copyright", "Copyright"),
    "license": ("LICENSE", "WCOP", "----:com.apple.iTunes:LICENSE", "LICENSE", "License"),
    "comment": ("COMMENT", "COMM", "©cmt", "Description", "Comment"),
    "lyrics": ("LYRICS", "USLT", "©lyr", "WM/Lyrics", "Lyrics"),
    "bpm": ("BPM", "TBPM", "tmpo", "WM/BeatsPerMinute", "BPM"),
    "compilation": ("COMPILATION", "TCMP", "cpil", "WM/IsCompilation", "Compilation"),
    "mbid": (
        "MUSICBRAINZ_TRACKID", "UFID", "----:com.apple.iTunes:MusicBrainz Track Id", "MusicBrainz/Track Id",
        "MUSICBRAINZ_TRACKID",
    ),
    "release_track_mbid": (
        "MUSICBRAINZ_RELEASETRACKID", "MusicBrainz Release Track Id",
        "----:com.apple.iTunes:MusicBrainz Release Track Id", "MusicBrainz/Release Track Id",
        "MUSICBRAINZ_RELEASETRACKID",
    ),
    "album_mbid": (
        "MUSICBRAINZ_ALBUMID", "MusicBrainz Album Id", "----:com.apple.iTunes:MusicBrainz Album Id",
        "MusicBrainz/Album Id", "MUSICBRAINZ_ALBUMID",
    ),
    "artist_mbids": (
        "MUSICBRAINZ_ARTISTID", "MusicBrainz Artist Id", "----:com.apple.iTunes:MusicBrainz Artist Id",
        "MusicBrainz/Artist Id", "MUSICBRAINZ_ARTISTID",
    ),
    "album_artist_mbids": (
        "MUSICBRAINZ_ALBUMARTISTID", "MusicBrainz Album Artist Id",
        "----:com.apple.iTunes:MusicBrainz Album Artist Id", "MusicBrainz/Album Artist Id",
        "MUSICBRAINZ_ALBUMARTISTID",
    ),
}  # fmt: skip


def _name(name: str, column: int) -> str:
    known = _NAMES.get(name)
    if known:
        return known[column]
    return f"----:com.apple.iTunes:{name}" if column == 2 else name


def _write_id3(frames: id3.ID3, texts: Texts, pictures: Pictures) -> None:
    for name, values in texts.items():
        field = _name(name, 1)
        if field == "UFID":
            frames.add(id3.UFID(owner="http://musicbrainz.org", data=values[0].encode()))
        elif field == "WCOP":
            frames.add(id3.WCOP(url=values[0]))
        elif field == "COMM":
            frames.add(id3.COMM(encoding=3, lang="eng", desc="", text=values))
        elif field == "USLT":
            frames.add(id3.USLT(encoding=3, lang="eng", desc="", text=values[0]))
        elif len(field) == 4 and field.isupper():
            frames.add(getattr(id3, field)(encoding=3, text=values))
        else:
            frames.add(id3.TXXX(encoding=3, desc=field, text=values))
    for number, body in pictures:
        frames.add(id3.APIC(encoding=3, mime="image/png", type=number, desc=f"picture {number}", data=body))


def _mp3(path: Path, texts: Texts, pictures: Pictures) -> None:
    frames = id3.ID3()
    _write_id3(frames, texts, pictures)
    frames.save(path)


def _chunked(form: Callable[[Path], Any]) -> Callable[[Path, Texts, Pictures], None]:
    def write(path: Path, texts: Texts, pictures: Pictures) -> None:
        whole = form(path)
        if whole.tags is None:
            whole.add_tags()
        _write_id3(whole.tags, texts, pictures)
        whole.save()

    return write


def _flac_picture(number: int, body: bytes) -> flac.Picture:
    picture = flac.Picture()
    picture.type, picture.mime, picture.desc, picture.data = number, "image/png", f"picture {number}", body
    return picture


def _commented(form: Callable[[Path], Any]) -> Callable[[Path, Texts, Pictures], None]:
    def write(path: Path, texts: Texts, pictures: Pictures) -> None:
        whole = form(path)
        if whole.tags is None:
            whole.add_tags()
        for name, values in texts.items():
            whole.tags[_name(name, 0)] = values
        shown = [_flac_picture(*picture) for picture in pictures]
        if isinstance(whole, flac.FLAC):
            for picture in shown:
                whole.add_picture(picture)
        elif shown:
            whole.tags["METADATA_BLOCK_PICTURE"] = [base64.b64encode(one.write()).decode() for one in shown]
        whole.save()

    return write


def _mp4(path: Path, texts: Texts, pictures: Pictures) -> None:
    whole: Any = mp4.MP4(path)
    for name, values in texts.items():
        field = _name(name, 2)
        if field in ("trkn", "disk"):
            number, _, total = values[0].partition("/")
            whole[field] = [(int(number), int(total or 0))]
        elif field == "tmpo":
            whole[field] = [int(values[0])]
        elif field == "cpil":
            whole[field] = values[0] == "1"
        else:
            whole[field] = [one.encode() for one in values] if field.startswith("----") else values
    if pictures:
        whole["covr"] = [mp4.MP4Cover(body, mp4.MP4Cover.FORMAT_PNG) for _, body in pictures]
    whole.save()


def _asf(path: Path, texts: Texts, pictures: Pictures) -> None:
    whole: Any = asf.ASF(path)
    for name, values in texts.items():
        whole[_name(name, 3)] = values
    for number, body in pictures:
        head = pack("<BI", number, len(body)) + "image/png\0picture\0".encode("utf-16-le")
        whole["WM/Picture"] = [ASFByteArrayAttribute(head + body)]
    whole.save()


def _ape(path: Path, texts: Texts, pictures: Pictures) -> None:
    whole: Any = wavpack.WavPack(path)
    if whole.tags is None:
        whole.add_tags()
    for name, values in texts.items():
        whole[_name(name, 4)] = values
    for _, body in pictures[:1]:
        whole["Cover Art (Front)"] = b"cover.png\0" + body
    whole.save()


_WRITERS: Mapping[str, Callable[[Path, Texts, Pictures], None]] = {
    "mp3": _mp3,
    "mp3vbr": _mp3,
    "aac": _mp3,
    "tta": _mp3,
    "flac": _commented(flac.FLAC),
    "ogg": _commented(oggvorbis.OggVorbis),
    "opus": _commented(oggopus.OggOpus),
    "oggflac": _commented(oggflac.OggFLAC),
    "speex": _commented(oggspeex.OggSpeex),
    "m4a": _mp4,
    "alac": _mp4,
    "aiff": _chunked(aiff.AIFF),
    "wav": _chunked(wave.WAVE),
    "wma": _asf,
    "wavpack": _ape,
}


# --- many ---

ARTISTS = (
    "Nova Ferreira", "The Paper Lanterns", "Björk Ísdal", "Сергей Волков", "坂本 みどり", "陈晓雨", "فرقة النخيل",
    "נועה לוי", "Ελένη Παππά", "राधा शर्मा", "김하늘", "ไหมไทย", "Łukasz Żółw", "Ngọc Ánh", "Tyler, the Gardener",
    "AC/DC-ish", "Ólafur & Sons", "émile", "Zoë 🎻 Quartet", "Ქეთი Მაისურაძე",
)  # fmt: skip
ALBUMS = (
    "Tides", "Low Winter Sun", "Ночной поезд", "夜の庭", "春江", "Σιωπή", "مدينة", "Große Reise", "L'été", "धूप",
    "Concerto No. 2", "Live at the Mill",
)  # fmt: skip
WORDS = (
    "river", "glass", "orbit", "late", "summer", "stone", "тень", "свет", "雨", "風", "αέρας", "שלום", "نور", "été",
    "über", "안녕", "ash", "pine", "hollow", "seven",
)  # fmt: skip
GENRES = ("Rock", "Hip-Hop", "Jazz / Soul", "electronic", "Classical", "Folk, World", "ambient", "Dub Techno")
TRACKS_AN_ALBUM, ALBUMS_AN_ARTIST = 10, 3
# Which kinds a library holds: of twenty files, so many.
SPREAD = ("mp3",) * 13 + ("flac",) * 2 + ("ogg",) * 3 + ("opus",) * 2
VARIANTS = 6


@frozen
class Song:
    """What one file of a library says."""

    number: int
    kind: str
    artist: str
    album: str
    title: str
    track: int
    year: int
    genre: str

    @property
    def name(self) -> str:
        """Where it lies below the library's folder."""
        parts = self.artist, self.album, f"{self.track:02d} {self.title}.{ENCODERS[self.kind][0]}"
        return "/".join(part.replace("/", "_") for part in parts)


def song(number: int) -> Song:
    """The n-th song of the library that everybody has: the same for the same number."""
    album = number // TRACKS_AN_ALBUM
    artist = album // ALBUMS_AN_ARTIST
    draw = random.Random(number)
    return Song(
        number=number,
        kind=SPREAD[number * 7 % len(SPREAD)],
        artist=ARTISTS[artist % len(ARTISTS)] + (f" {artist // len(ARTISTS) + 1}" if artist >= len(ARTISTS) else ""),
        album=f"{ALBUMS[album * 5 % len(ALBUMS)]} {album}",
        title=" ".join(draw.choices(WORDS, k=draw.randint(1, 4))) + f" {number}",
        track=number % TRACKS_AN_ALBUM + 1,
        year=1960 + album % 65,
        genre=GENRES[artist % len(GENRES)],
    )


def make_many(folder: Path | str, count: int, first: int = 0) -> list[Path]:
    """
    A library of ``count`` small distinct files: folders by artist and album, names in many scripts.

    About one album in four has an embedded cover, one a ``cover.png`` beside its files.  The bytes of no two files are
    the same, and the sound of no two MP3s.
    """
    folder = Path(folder)
    return [_write(folder, song(number)) for number in range(first, first + count)]


def _write(folder: Path, one: Song) -> Path:
    path = folder / one.name
    path.parent.mkdir(parents=True, exist_ok=True)
    body = _varied(one)
    album = one.number // TRACKS_AN_ALBUM
    cover = image(16, 16, album * 7 % 256, album * 31 % 256, album * 57 % 256)
    if one.kind == "mp3":
        frames = id3.ID3()
        _write_id3(frames, _said(one), [(3, cover)] if album % 4 == 0 else [])
        frames.save(path)
        with path.open("ab") as file:
            file.write(body)
    else:
        path.write_bytes(_with_comment(one, body))
    if album % 4 == 1 and one.track == 1:
        (path.parent / "cover.png").write_bytes(cover)
    return path


def _said(one: Song) -> Texts:
    return {
        "title": [one.title],
        "artist": [one.artist],
        "album": [one.album],
        "albumartist": [one.artist],
        "track": [f"{one.track}/{TRACKS_AN_ALBUM}"],
        "date": [str(one.year)],
        "genre": [one.genre],
    }


def _varied(one: Song) -> bytes:
    """The sound of a song: of an MP3, the frames of one of a few in an order of their own."""
    body = encoded(one.kind, 220 + 55 * (one.number % VARIANTS))
    if one.kind != "mp3":
        return body
    frames = _frames(body)
    middle = frames[4:-4]
    random.Random(one.number).shuffle(middle)
    return b"".join([*frames[1:4], *middle, *frames[-4:]])


@cache
def _frames(body: bytes) -> list[bytes]:
    """The frames of a constant-rate MP3, its header frame first."""
    info: Any = mp3.MPEGInfo(BytesIO(body))
    at, frames = info.frame_offset, []
    while at < len(body):
        padded = body[at + 2] >> 1 & 1
        size = (72 if info.version > 1 else 144) * info.bitrate // info.sample_rate + padded
        frames.append(body[at : at + size])
        at += size
    return frames


def _with_comment(one: Song, body: bytes) -> bytes:
    """The file with a Vorbis comment, written by hand: mutagen takes milliseconds for it."""
    pairs = [f"{_NAMES[name][0]}={value}".encode() for name, values in _said(one).items() for value in values]
    comment = _comment(pairs)
    if one.kind == "flac":
        info = body[8:42]
        sound = body[_flac_sound(body) :]
        blocks = b"\x00" + pack(">I", 34)[1:] + info + b"\x84" + pack(">I", len(comment))[1:] + comment
        return b"fLaC" + blocks + sound
    return _ogg_with_packet(body, (b"OpusTags" + comment) if one.kind == "opus" else b"\x03vorbis" + comment + b"\x01")


def _comment(pairs: Iterable[bytes]) -> bytes:
    listed = list(pairs)
    counted = b"".join(pack("<I", len(pair)) + pair for pair in listed)
    return pack("<I", 4) + b"test" + pack("<I", len(listed)) + counted


@cache
def _flac_sound(body: bytes) -> int:
    at = 4
    while True:
        last, size = body[at] & 128, int.from_bytes(body[at + 1 : at + 4], "big")
        at += 4 + size
        if last:
            return at


@cache
def _ogg_parts(body: bytes) -> tuple[bytes, bytes, list[bytes], bytes]:
    """The first page, the second page's head, its packets, and the rest of an Ogg file."""
    pages: list[tuple[int, int, bytes]] = []
    at = 0
    while len(pages) < 2:
        lacing = body[at + 27 : at + 27 + body[at + 26]]
        end = at + 27 + len(lacing) + sum(lacing)
        pages.append((at, end, lacing))
        at = end
    start, end, lacing = pages[1]
    packets, packet = [], b""
    cursor = start + 27 + len(lacing)
    for piece in lacing:
        packet += body[cursor : cursor + piece]
        cursor += piece
        if piece < 255:
            packets.append(packet)
            packet = b""
    return body[: pages[0][1]], body[start : start + 26], packets, body[end:]


def _ogg_with_packet(body: bytes, comment: bytes) -> bytes:
    first, head, packets, rest = _ogg_parts(body)
    packets = [comment, *packets[1:]]
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets)
    page = bytearray(head[:22] + b"\0\0\0\0" + bytes((len(lacing),)) + lacing + b"".join(packets))
    page[22:26] = pack("<I", _ogg_crc(bytes(page)))
    return first + bytes(page) + rest


_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_crc(page: bytes) -> int:
    """Ogg's checksum is zlib's with every bit order turned round and nothing inverted."""
    turned = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)
