"""
Making text of tags fit to be kept.

Tags hold anything: NULs, half surrogate pairs, text in one encoding labelled as another.  What leaves here is NFC, has
no control characters (nor anything else that PostgreSQL or XML refuse), and is never longer than asked for.
"""

from __future__ import annotations

import re
import unicodedata

# The longest that a title, a name and their like may be, characters.
LINE = 1000
# The same for what people write at length: a comment, and the words of a song.
PROSE = 5000
LYRICS = 50_000

# Control characters, surrogates, the byte order mark and the noncharacters; line break and tab are dealt with apart.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\U000e0000-\U000e0fff]")
_C1 = re.compile("[\x80-\x9f]")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

_CYRILLIC_WORD = re.compile("[А-ЯЁа-яё][а-яё]*")
_CYRILLIC_CAPITALS = re.compile("[А-ЯЁ]+")
_CYRILLIC_QUOTES = "«»„“”‘’–—…№"
_CYRILLIC_VOWEL = re.compile("[аеёиоуыэюяАЕЁИОУЫЭЮЯ]")
_HIGH_RUN = re.compile("[^\x00-\x7f]+")
_MIXED = re.compile("[a-zA-Z][^\x00-\x7f]|[^\x00-\x7f][a-zA-Z]")


def line(text: str, limit: int = LINE) -> str:
    """``text`` on one line: blanks and breaks become single spaces."""
    if not (text.isascii() and text.isprintable()):
        text = _UNFIT.sub("", unicodedata.normalize("NFC", _BREAK.sub(" ", text)))
    return " ".join(text.split())[:limit].rstrip()


def prose(text: str, limit: int = PROSE) -> str:
    """``text`` with its line breaks, as ``\\n``."""
    if not (text.isascii() and text.isprintable()):
        text = _UNFIT.sub("", unicodedata.normalize("NFC", _BREAK.sub("\n", text)))
    return text.strip()[:limit].rstrip()


def mended(text: str) -> str:
    """
    What ``text``, decoded as Latin-1, was most likely meant to be.

    Old taggers label every text Latin-1.  Three guesses are safe, because no text that is really Latin-1 passes them:
    bytes that are valid UTF-8; code points 128 to 159, which Windows-1252 gives to quotes and dashes; and words that
    consist of accented letters alone, which in Windows-1251 are properly cased Russian.
    """
    if text.isascii():
        return text
    try:
        body = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    for encoding, believed in (("utf-8", _always), ("cp1251", _russian), ("cp1252", _typographic)):
        try:
            guess = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if believed(text, guess):
            return guess
    return text


def _always(text: str, guess: str) -> bool:
    """Several bytes in a row that happen to be UTF-8 are UTF-8."""
    return True


def _russian(text: str, guess: str) -> bool:
    """
    Whole words, cased as words are, at least one of them of four letters and more.

    A lone French à is not enough, and capitals alone are not: in other encodings of Asia they are anything.
    """
    runs = [run.strip(_CYRILLIC_QUOTES) for run in _HIGH_RUN.findall(guess)]
    words = [run for run in runs if run]
    return (
        all(_CYRILLIC_WORD.fullmatch(word) or _CYRILLIC_CAPITALS.fullmatch(word) for word in words)
        and any(len(word) >= 4 and _CYRILLIC_WORD.fullmatch(word) for word in words)
        and all(_CYRILLIC_VOWEL.search(word) for word in words if len(word) >= 4)
        and not _MIXED.search(text)
    )


def _typographic(text: str, guess: str) -> bool:
    """Latin-1 has nothing printable there, Windows-1252 has."""
    return bool(_C1.search(text))
