"""
From what a file's tags hold to what an import needs.

Each container writes its tags in its own way; its reader turns them into ``Fields``: lower-case names without blanks
and underscores, each with its values in the order of the file.  Everything below reads nothing else, so the rules of an
import are in this one place.  Source: docs/api.md §7 and §4.7.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeAlias
from uuid import UUID

from fwtwisted.model.errors import Problems
from fwtwisted.wire.audiotags.values import Credit, ReplayGain, Tags
from fwtwisted.wire.audiotags.words import LYRICS, PROSE, line, prose

Fields: TypeAlias = Mapping[str, Sequence[str]]

# The longest that a tag of an artist, album or track may be, and how many artists one track may credit.
LONGEST_TAG = 100
MOST_CREDITS = 50
MOST_GENRES = 50

_SEVERAL = re.compile(r"[;\0]")
_GENRE_BREAK = re.compile(r" - |[,;/\0]")
_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,9})(?:\.0*)?\s*(?:/\s*([0-9]{0,9})\s*)?")
_DAY = re.compile(r"\s*([0-9]{4})(?:[-./]([0-9]{1,2})(?:[-./]([0-9]{1,2}))?|([0-9]{2})([0-9]{2}))?(?=[T\s]|$)")
_DECIMAL = re.compile(r"\s*([+-]?[0-9]{0,4}(?:[.,][0-9]{1,12})?)\s*(?:db)?\s*", re.IGNORECASE)


def tags_of(fields: Fields) -> Tags:
    """Everything that an import wants to know."""
    position, total_tracks = numbers(_first(fields, "tracknumber"))
    disc, total_discs = numbers(_first(fields, "discnumber"))
    return Tags(
        title=_line(fields, "title"),
        artists=credits_in(fields, "artist", "artists", "musicbrainzartistid"),
        artists_text=_joined(fields, "artist", "artists"),
        album=_line(fields, "album"),
        album_artists=credits_in(fields, "albumartist", "albumartists", "musicbrainzalbumartistid"),
        album_artists_text=_joined(fields, "albumartist", "albumartists"),
        position=position,
        total_tracks=total_tracks or numbers(_first(fields, "tracktotal"))[0],
        disc=disc,
        total_discs=total_discs or numbers(_first(fields, "disctotal"))[0],
        released=next(filter(None, map(day, _values(fields, "date", "originaldate"))), None),
        genres=tuple(filter(None, map(line, fields.get("genre", ())[:MOST_GENRES]))),
        license=_line(fields, "license"),
        copyright=_line(fields, "copyright"),
        comment=prose(_first(fields, "comment", "description"), PROSE) or None,
        mbid=next(iter(ids_in(fields.get("musicbrainztrackid", ()))), None),
        release_track_mbid=next(iter(ids_in(fields.get("musicbrainzreleasetrackid", ()))), None),
        album_mbid=next(iter(ids_in(fields.get("musicbrainzalbumid", ()))), None),
        gain=gain_in(fields),
        bpm=_bpm(_first(fields, "bpm")),
        compilation=_first(fields, "compilation").strip().lower() in ("1", "true", "yes"),
        lyrics=prose(_first(fields, "lyrics"), LYRICS) or None,
        synced_lyrics=prose(_first(fields, "syncedlyrics"), LYRICS) or None,
        lyrics_language=_line(fields, "lyricslanguage"),
    )


def validated(tags: Tags) -> Problems | None:
    """What is missing before the file can be filed, by field; None when nothing is.  Source: docs/api.md §4.7."""
    problems: dict[str, list[str] | Problems] = {}
    if not tags.title:
        problems["title"] = ["The file has no title tag. Add one with a tag editor, then send it again."]
    if not tags.artists:
        told = ["The file has no artist tag. Add one with a tag editor, then send it again."]
        problems["artists"] = {"0": {"name": told}}
    return problems or None


def credits_in(fields: Fields, one: str, several: str, ids: str) -> tuple[Credit, ...]:
    """
    The artists one by one.

    Several values are several artists.  A single value is split at ``;``, else at ``,``, but only when the MusicBrainz
    ids or the ``several`` tag show that it names several: with a single id, "Tyler, The Creator" stays whole.

    :param one: field with the artists as written.
    :param several: field with the artists one by one, which wins.
    :param ids: field with their MusicBrainz ids, in the same order.
    """
    mbids = ids_in(fields.get(ids, ()))
    names = _names(fields, several, len(mbids), proof=True) or _names(fields, one, len(mbids), proof=len(mbids) > 1)
    return tuple(
        Credit(name, mbids[index] if index < len(mbids) else None) for index, name in enumerate(names[:MOST_CREDITS])
    )


def _names(fields: Fields, field: str, ids: int, *, proof: bool) -> list[str]:
    """The names in a field; ``proof``: a single value may be taken apart."""
    written = list(filter(None, map(line, fields.get(field, ())[:MOST_CREDITS])))
    if len(written) != 1 or not proof:
        return written
    parts = _SEVERAL.split(written[0])
    if len(parts) == 1 and ids != 1:
        by_comma = written[0].split(",")
        parts = by_comma if ids in (0, len(by_comma)) else parts
    return list(filter(None, map(str.strip, parts)))


def ids_in(values: Iterable[str]) -> list[UUID]:
    """The UUIDs in some values, each of which may hold several; what is none is left out."""
    found = []
    for text in values:
        for part in re.split(r"[;,/\s\0]+", text[:4000]):
            try:
                found.append(UUID(part))
            except ValueError:
                continue
    return found


def numbers(text: str) -> tuple[int | None, int | None]:
    """
    A position and the total, as in ``3/12``.

    Zero or less counts as 1; what is no number is None.
    """
    read = _NUMBER.fullmatch(text)
    if read is None:
        return None, None
    return max(1, int(read[1])), (int(read[2]) if read[2] else 0) or None


def day(text: str) -> date | None:
    """
    The day in a date tag; ``2003`` and ``2003-05`` mean their first day.

    What is no date is None, a month or day that does not exist counts as the first.
    """
    read = _DAY.match(text)
    if read is None or not 1 <= int(read[1]) <= 9999:
        return None
    month, of_month = int(read[2] or read[4] or 1), int(read[3] or read[5] or 1)
    if not 1 <= month <= 12:
        month, of_month = 1, 1
    try:
        return date(int(read[1]), month, of_month)
    except ValueError:
        return date(int(read[1]), month, 1)


def tags_in(genres: Iterable[str]) -> tuple[str, ...]:
    """
    Tags made of genres: ``Pop-Rock / synth wave`` gives ``PopRock`` and ``SynthWave``.

    Split at ``" - "``, ``,``, ``;``, ``/``; blanks and hyphens go, the words they parted get capitals.  What holds
    other characters than letters, marks, digits and underscores, or is longer than :data:`LONGEST_TAG`, is dropped.
    The same tag in another case counts once.
    """
    found: dict[str, str] = {}
    for genre in genres:
        for part in _GENRE_BREAK.split(genre):
            words = part.replace("-", " ").split()
            if not words:
                continue
            tag = words[0] if len(words) == 1 else "".join(word[0].upper() + word[1:] for word in words)
            if len(tag) <= LONGEST_TAG and _is_word(tag):
                found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def _is_word(tag: str) -> bool:
    """Word characters alone; the vowel signs of scripts that have them belong to their word."""
    return all(sign == "_" or sign.isalnum() or unicodedata.category(sign)[0] == "M" for sign in tag)


def gain_in(fields: Fields) -> ReplayGain:
    """Loudness; Opus writes it as an integer against -23 LUFS, 5 dB below the reference (RFC 7845, 5.2.1)."""
    return ReplayGain(
        track_gain=_decimal(fields, "replaygaintrackgain", _r128(fields, "r128trackgain")),
        track_peak=_decimal(fields, "replaygaintrackpeak"),
        album_gain=_decimal(fields, "replaygainalbumgain", _r128(fields, "r128albumgain")),
        album_peak=_decimal(fields, "replaygainalbumpeak"),
    )


def _r128(fields: Fields, field: str) -> float | None:
    text = _first(fields, field).strip()
    return int(text) / 256 + 5 if re.fullmatch(r"[+-]?[0-9]{1,5}", text) else None


def _decimal(fields: Fields, field: str, otherwise: float | None = None) -> float | None:
    read = _DECIMAL.fullmatch(_first(fields, field))
    try:
        value = float(read[1].replace(",", ".")) if read else math.nan
    except ValueError:
        return otherwise
    return value if math.isfinite(value) else otherwise


def _bpm(text: str) -> int | None:
    read = _DECIMAL.fullmatch(text)
    try:
        return (round(float(read[1].replace(",", "."))) or None) if read else None
    except ValueError:
        return None


def _values(fields: Fields, *names: str) -> list[str]:
    return [value for name in names for value in fields.get(name, ())]


def _first(fields: Fields, *names: str) -> str:
    """The first value that is not blank, of the first field that has one."""
    return next((value for value in _values(fields, *names) if value.strip()), "")


def _line(fields: Fields, *names: str) -> str | None:
    return next(filter(None, map(line, _values(fields, *names))), None)


def _joined(fields: Fields, *names: str) -> str | None:
    """The values of the first field that has any, as people would write them in one line."""
    for name in names:
        if written := list(filter(None, map(line, fields.get(name, ())[:MOST_CREDITS]))):
            return line(", ".join(written))
    return None
