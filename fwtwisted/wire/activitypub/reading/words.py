"""Tags, descriptions, licences, lengths: what several kinds of things say.  Source: docs/federation.md §3.7, §3.9."""

from __future__ import annotations

import re

from fwtwisted.model.accounts import LONGEST_TEXT, LongText
from fwtwisted.model.errors import Invalid
from fwtwisted.model.licenses import license_in
from fwtwisted.model.remote import SaidAbout
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.links import media_type, picture
from fwtwisted.wire.activitypub.reading.places import REQUIRED, fid_of, id_or_none

LONGEST_NAME = 255
LONGEST_TAG = 100
MOST_TAGS = 30
LARGEST_INT = 2**31 - 1
TEXT_TYPES = ("text/html", "text/markdown", "text/plain")

_TAG = re.compile(r"\w+")
_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})(?:[.,]\d{1,9})?S)?)?"
)
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def name_of(doc: Doc, field: str = "name") -> str:
    """What a thing is called, cut to what we keep.  :raise Invalid: it has no name."""
    name = doc.line(field, LONGEST_NAME)
    if name is None:
        raise Invalid.on(field, REQUIRED)
    return name


def tags(doc: Doc) -> tuple[str, ...]:
    """Hashtags, without their sign, each once whatever its case; emoji, mentions and no words are passed over."""
    found: dict[str, str] = {}
    for tag in doc.docs("tag"):
        name = (tag.text("name", LONGEST_TAG + 2) or "").removeprefix("#")
        if tag.is_a("Hashtag") and len(name) <= LONGEST_TAG and _TAG.fullmatch(name):
            found.setdefault(name.lower(), name)
        if len(found) == MOST_TAGS:
            break
    return tuple(found.values())


def description(doc: Doc) -> LongText | None:
    """What ``content`` says, HTML where no type is told."""
    text = doc.text("content", LONGEST_TEXT)
    if text is None:
        return None
    told = media_type(doc)
    return LongText(text, told if told in TEXT_TYPES else "text/html")


def license_of(doc: Doc) -> str | None:
    """The code of the licence, if it is one that we know."""
    return license_in(doc.link("license"))


def duration(doc: Doc) -> int | None:
    """Whole seconds of ``duration``: a number as Funkwhale 1 writes it, or ``PT3M33S``; None when it tells neither."""
    number = doc.number("duration", LARGEST_INT)
    if number is not None:
        return number
    return seconds_in(doc.text("duration", 60) or "")


def seconds_in(text: str) -> int | None:
    """Whole seconds of an ISO 8601 duration of days and less, parts of a second dropped."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    total = sum(int(found[part] or 0) * seconds for part, seconds in _SECONDS.items())
    return total if total <= LARGEST_INT else None


def about(doc: Doc) -> SaidAbout:
    """What is said of artists, albums and tracks alike.  :raise Invalid: it has no id."""
    return SaidAbout(
        fid=fid_of(doc),
        mbid=doc.uuid("musicbrainzId"),
        published=doc.moment("published"),
        author=id_or_none(doc, "attributedTo"),
        tags=tags(doc),
        description=description(doc),
        picture=picture(doc, "image", "cover"),
    )


def place(doc: Doc, name: str) -> int | None:
    """A position or a disc: from 1, or not told."""
    return doc.number(name, LARGEST_INT) or None
