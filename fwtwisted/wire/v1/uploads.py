"""
Uploads as documents, and what people send to make, change, list and act on them.

Source: docs/api.md §3.12, §3.13, §4.7.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from attrs import evolve, frozen

from fwtwisted.model.audio import extension_of
from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.licenses import license_in
from fwtwisted.model.music import UNKNOWN_ALBUM, Shelf, Track
from fwtwisted.model.people import Library
from fwtwisted.model.uploads import (
    LONGEST_COPYRIGHT,
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    SENT,
    Act,
    ImportMetadata,
    Status,
    Upload,
    UploadChange,
    UploadQuestion,
    UploadWish,
)
from fwtwisted.wire.audiotags import Credit, Picture, Tags, tags_in
from fwtwisted.wire.fields import Fields, must_name
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1 import Document, Query, last, when, when_or_none
from fwtwisted.wire.v1 import catalog as v1_catalog
from fwtwisted.wire.v1 import libraries as v1_libraries
from fwtwisted.wire.v1.catalog import CatalogPaper
from fwtwisted.wire.v1.music_fields import license, number, tags
from fwtwisted.wire.v1.questions import lenient_order, scope, truth

LONGEST_REFERENCE = 250
LONGEST_SOURCE = 500
LONGEST_METADATA = 100_000
MOST_OBJECTS = 10_000


@frozen
class UploadPage:
    """
    Uploads and all that their documents refer to.

    :ivar libraries: by id.  :ivar tracks: by id; what they refer to is on the shelf.
    """

    uploads: Sequence[Upload]
    libraries: Mapping[int, Library]
    tracks: Mapping[int, Track]
    shelf: Shelf


def upload(upload: Upload, page: UploadPage, paper: CatalogPaper, *, is_own: bool = True) -> Document:
    """
    An upload (§3.12).

    :param is_own: whoever does not own it learns nothing of where it came from.
    """
    track = page.tracks.get(upload.track_id) if upload.track_id is not None else None
    told: Document = {
        "uuid": str(upload.uuid),
        "creation_date": when(upload.creation_date),
        "mimetype": upload.mimetype,
        "track": v1_catalog.track(track, page.shelf, paper) if track is not None else None,
        "library": v1_libraries.library(page.libraries[upload.library_id]),
        "duration": upload.duration,
        "bitrate": upload.bitrate,
        "size": upload.size,
        "import_date": when_or_none(upload.import_date),
        "import_status": upload.import_status,
        "import_details": upload.import_details if is_own else {},
        "import_metadata": upload.import_metadata if is_own else {},
        "import_reference": upload.import_reference if is_own else "",
        "metadata": upload.metadata,
        "source": upload.source if is_own else None,
    }
    if track is not None:
        told["filename"] = _filename(track, page.shelf, upload.mimetype)
    return told


def _filename(track: Track, shelf: Shelf, media_type: str | None) -> str:
    album = shelf.albums.get(track.album_id) if track.album_id is not None else None
    parts = (shelf.artists[track.artist_id].name, album.title if album else "", track.title)
    extension = extension_of(media_type or "")
    return " - ".join(filter(None, parts)) + (f".{extension}" if extension else "")


# --- what people send ----------------------------------------------------------------------------


def upload_wish(document: Mapping[str, Any], *, has_file: bool) -> UploadWish:
    """
    What comes with a file.

    :param has_file: the part ``audio_file`` is there and not empty.
    :raise Invalid:
    """
    fields = Fields(document)
    library, channel = fields.uuid_or_none("library"), fields.uuid_or_none("channel")
    status = fields.choice("import_status", Status, Status.PENDING)
    reference = fields.text_or_none("import_reference", LONGEST_REFERENCE) or ""
    source = fields.text_or_none("source", LONGEST_SOURCE) or ""
    said = _said(fields, document)
    if not has_file:
        fields.refuse("audio_file", "No file was submitted, or it is empty.")
    fields.check()
    if (library is None) == (channel is None):
        raise Invalid.on(NON_FIELD, "You need to specify either a library or a channel, and not both.")
    if status not in (Status.DRAFT, Status.PENDING):
        raise Invalid.on(NON_FIELD, "import_status must be draft or pending.")
    return UploadWish(library, channel, status, said, source if source.startswith(SENT) else "", reference)


def upload_change(document: Mapping[str, Any]) -> UploadChange:
    """What is to change of a draft; other names are ignored.  :raise Invalid:"""
    fields = Fields(document)
    status = fields.choice("import_status", Status, Status.DRAFT)
    reference = fields.text_or_none("import_reference", LONGEST_REFERENCE) or None
    said = _said(fields, document) if fields.has("import_metadata") else None
    fields.check()
    if status not in (Status.DRAFT, Status.PENDING):
        raise Invalid.on(NON_FIELD, "import_status must be draft or pending.")
    return UploadChange(said, status if fields.has("import_status") else None, reference)


def _said(fields: Fields, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """``import_metadata``, as a document or as the text of one."""
    value = document.get("import_metadata")
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, str):
        try:
            value = orjson.loads(value) if value.strip() and len(value) <= LONGEST_METADATA else value or None
        except orjson.JSONDecodeError:
            fields.refuse("import_metadata", "Value must be valid JSON.")
            return {}
    if value is None or value == {}:
        return {}
    if not isinstance(value, dict):
        fields.refuse("import_metadata", "Expected a JSON object.")
        return {}
    try:
        return _kept(value, import_metadata(value))
    except Invalid as why:
        raise Invalid({"import_metadata": why.problems}) from why


def _kept(document: Mapping[str, Any], said: ImportMetadata) -> Document:
    """What is stored of ``import_metadata``: the known names that were sent, as they were understood."""
    values = {
        "title": said.title,
        "description": said.description,
        "mbid": _text(said.mbid),
        "copyright": said.copyright,
        "position": said.position,
        "tags": None if said.tags is None else list(said.tags),
        "license": said.license,
        "cover": _text(said.cover),
        "album": said.album,
    }
    return {name: value for name, value in values.items() if name in document}


def import_metadata(document: Mapping[str, Any]) -> ImportMetadata:
    """
    What an owner says of a file beside its tags.

    :raise Invalid:
    """
    fields = Fields(document)
    said = ImportMetadata(
        title=fields.text("title", LONGEST_TITLE),
        description=fields.text_or_none("description", LONGEST_DESCRIPTION),
        mbid=fields.uuid_or_none("mbid"),
        copyright=fields.text_or_none("copyright", LONGEST_COPYRIGHT),
        position=number(fields, document, "position"),
        tags=tags(fields, document),
        license=license(fields, document),
        cover=fields.uuid_or_none("cover"),
        album=number(fields, document, "album"),
    )
    fields.check()
    return said


def stored_metadata(document: Mapping[str, Any]) -> ImportMetadata:
    """The same of what was stored; what is no longer lawful in it says nothing."""
    try:
        return import_metadata(document) if document else ImportMetadata()
    except Invalid as why:
        lawful = {name: value for name, value in document.items() if name not in why.problems}
        if "title" in why.problems:
            return evolve(import_metadata(lawful | {"title": "-"}), title=None)
        return import_metadata(lawful)


def upload_question(query: Query) -> UploadQuestion:
    """What the parameters of the list ask.  :raise Invalid: a uuid that is none."""
    fields = Fields({name: last(query, name) for name in query})
    text = last(query, "q")
    asked = UploadQuestion(
        library=fields.uuid_or_none("library"),
        channel=fields.uuid_or_none("channel"),
        track=fields.uuid_or_none("track"),
        track_artist=fields.uuid_or_none("track_artist"),
        album_artist=fields.uuid_or_none("album_artist"),
        statuses=tuple(filter(None, query.get("import_status", ()))),
        reference=last(query, "import_reference") or None,
        mimetype=last(query, "mimetype") or None,
        scope=scope(query),
        playable=truth(query, "playable"),
        include_channels=truth(query, "include_channels") or False,
        q=token_query(text) if text else None,
        ordering=tuple(lenient_order(query)),
    )
    fields.check()
    return asked


@frozen
class ActionWish:
    """An act on many uploads.  :ivar question: on which."""

    act: Act
    question: UploadQuestion


def action_wish(document: Mapping[str, Any]) -> ActionWish:
    """What an action asks (§3.13).  :raise Invalid:"""
    must_name(document, "action", "objects")
    act = _act(document["action"])
    objects = document["objects"]
    if objects == "all":
        if act is Act.PUBLISH:
            raise Invalid.on(NON_FIELD, f"The action {act} needs a list of objects.")
        return ActionWish(act, _filters(document.get("filters")))
    if not isinstance(objects, list) or not objects or len(objects) > MOST_OBJECTS:
        raise Invalid.on(NON_FIELD, 'objects must be "all" or a list of uuids.')
    return ActionWish(act, UploadQuestion(uuids=tuple(_uuid(one) for one in objects), include_channels=True))


def _act(value: object) -> Act:
    if isinstance(value, str) and value in tuple(Act):
        return Act(value)
    raise Invalid.on("action", f"{str(value)[:100]} is not a valid action.")


def _uuid(value: object) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else UUID(int=-1)
    except ValueError:
        raise Invalid.on(NON_FIELD, f"{str(value)[:100]} is not a uuid.") from None


def _filters(value: object) -> UploadQuestion:
    """The filters of an action: the list's parameters, as a document."""
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise Invalid.on(NON_FIELD, "filters must be an object.")
    lists = {
        name: [str(one) for one in (given if isinstance(given, list) else [given])] for name, given in value.items()
    }
    try:
        return upload_question(lists)
    except Invalid as why:
        raise Invalid.on(NON_FIELD, f"Invalid filters: {why}") from why


# --- tags ----------------------------------------------------------------------------------------


def file_metadata(tags: Tags, cover: Picture | None = None) -> Document:
    """What the tags of a file say, absent keys left out."""
    told: dict[str, Any] = {
        "title": tags.title,
        "position": tags.position,
        "disc_number": tags.disc,
        "copyright": tags.copyright,
        "license": license_in(tags.license) or license_in(tags.copyright),
        "mbid": _text(tags.mbid),
        "tags": list(tags_in(tags.genres)) or None,
        "description": {"text": tags.comment, "content_type": "text/plain"} if tags.comment else None,
        "artists": [_credit(one) for one in tags.artists] or None,
    }
    return {name: value for name, value in told.items() if value is not None} | {"album": _album(tags, cover)}


def _album(tags: Tags, cover: Picture | None) -> Document:
    return {
        "title": tags.album or UNKNOWN_ALBUM,
        "mbid": _text(tags.album_mbid),
        "release_date": tags.released.isoformat() if tags.released else None,
        "artists": [_credit(one) for one in tags.album_artists or tags.artists[:1]],
        "cover_data": _picture(cover),
    }


def _picture(cover: Picture | None) -> Document | None:
    if cover is None:
        return None
    return {
        "mimetype": cover.media_type,
        "content": b64encode(cover.body).decode(),
        "description": cover.description,
        "type": 3,  # a front cover, in the numbering of ID3
    }


def _credit(one: Credit) -> Document:
    return {"name": one.name, "mbid": _text(one.mbid)}


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)
