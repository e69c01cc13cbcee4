"""
Audio: files in libraries, and what channels publish.  Which of both a document is, ``library`` tells by its presence.

Source: docs/federation.md §3.2, §3.3.
"""

from __future__ import annotations

from fwtwisted.model.errors import Invalid
from fwtwisted.model.remote import SaidEpisode, SaidSound, SaidUpload
from fwtwisted.model.uploads import LONGEST_COPYRIGHT
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.links import Link, links
from fwtwisted.wire.activitypub.reading.music import track
from fwtwisted.wire.activitypub.reading.places import ELSEWHERE, REQUIRED, fid_of, id_or_none, id_under, nested
from fwtwisted.wire.activitypub.reading.words import (
    LARGEST_INT,
    about,
    duration,
    license_of,
    name_of,
    place,
)
from fwtwisted.wire.addresses import host_of

NO_AUDIO = "This is no audio."
NO_SOUND = "There is no link to a file of audio."
# Programs that know no more of a file than its name say this of Ogg.
OGG = "application/ogg"


def is_in_library(doc: Doc) -> bool:
    """Whether Audio is of a library, and not what a channel publishes."""
    return doc.has("library")


def upload(doc: Doc) -> SaidUpload:
    """What the Audio of a library says.  :raise Invalid:"""
    if not doc.is_a("Audio"):
        raise Invalid.on("type", NO_AUDIO)
    fid, inner = fid_of(doc), doc.doc("track")
    if inner is None:
        raise Invalid.on("track", REQUIRED)
    library = id_under(doc, "library")
    if host_of(library) != host_of(fid):
        raise Invalid.on("library", ELSEWHERE)
    return SaidUpload(
        fid=fid,
        library=library,
        author=id_or_none(doc, "attributedTo"),
        sound=sound(doc, fid),
        published=doc.moment("published"),
        updated=doc.moment("updated"),
        track=nested("track", inner, track),
    )


def episode(doc: Doc) -> SaidEpisode:
    """What the Audio of a channel says.  :raise Invalid:"""
    if not doc.is_a("Audio"):
        raise Invalid.on("type", NO_AUDIO)
    said = about(doc)
    return SaidEpisode(
        about=said,
        title=name_of(doc),
        sound=sound(doc, said.fid),
        position=place(doc, "position"),
        disc=place(doc, "disc"),
        album=id_or_none(doc, "album"),
        license=license_of(doc),
        copyright=doc.line("copyright", LONGEST_COPYRIGHT),
    )


def sound(doc: Doc, fid: str) -> SaidSound:
    """
    The first link to audio on the server of ``fid``; what the Audio does not tell of it, the link may.

    :raise Invalid: there is none.
    """
    found = [one for one in links(doc, "url") if _is_sound(one)]
    here = next((one for one in found if host_of(one.href) == host_of(fid)), None)
    if here is None:
        raise Invalid.on("url", ELSEWHERE if found else NO_SOUND)
    told = here.doc
    bitrate, size = doc.number("bitrate", LARGEST_INT), doc.number("size")
    if told is not None:
        bitrate = told.number("bitrate", LARGEST_INT) if bitrate is None else bitrate
        size = told.number("size") if size is None else size
    return SaidSound(here.href, here.mimetype or "", bitrate, size, duration(doc))


def _is_sound(link: Link) -> bool:
    return link.mimetype is not None and (link.mimetype.startswith("audio/") or link.mimetype == OGG)
