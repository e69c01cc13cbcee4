"""
The XML of S3, read into values and written from them.

A store is not our friend: a document that is none, or that brings a DTD, is :class:`Unreadable`, and what is missing in
it has a default or is that, too.  Namespaces are not looked at; stores disagree about them.

Source: Amazon S3 API Reference; docs/storage.md §5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from attrs import frozen

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MOST_KEYS = 1000  # of a batch delete and of a page of a list


class Unreadable(ValueError):
    """The store's answer is no document, or not the one that was to be expected."""


@frozen
class Told:
    """
    What an error document says.

    :ivar region: in which we should have signed.  :ivar endpoint: to which we should have gone.
    :ivar server_time: what the store's clock says.
    """

    code: str
    message: str = ""
    region: str | None = None
    endpoint: str | None = None
    server_time: datetime | None = None


@frozen
class Listed:
    """An object in a list.  :ivar etag: with its quotes."""

    key: str
    size: int
    etag: str | None
    modified: datetime | None


@frozen
class Listing:
    """A page of a list.  :ivar next_token: asks for the next one; None when this is the last."""

    objects: tuple[Listed, ...]
    prefixes: tuple[str, ...] = ()
    next_token: str | None = None


@frozen
class Part:
    """One part of an object that is put together.  :ivar etag: with its quotes, as the store gave it."""

    number: int
    etag: str
    size: int = 0


@frozen
class Unfinished:
    """A multipart upload that was begun and not ended."""

    key: str
    upload_id: str
    begun: datetime | None


def _read(body: bytes, *roots: str) -> ElementTree.Element:
    """The root of a document.  :raise Unreadable: it is none, or has another name."""
    try:
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise Unreadable("a document of a store has no DTD")
        root = ElementTree.fromstring(text.strip().encode())
    except (UnicodeDecodeError, ElementTree.ParseError, LookupError) as broken:
        raise Unreadable("no document") from broken
    if roots and _local(root) not in roots:
        raise Unreadable(f"{_local(root)} instead of {roots[0]}")
    return root


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if _local(child) == name)


def _text(element: ElementTree.Element, name: str) -> str | None:
    """Text of the first child of that name, None when there is none or nothing in it."""
    found = next(_children(element, name), None)
    return None if found is None or found.text is None else found.text.strip() or None


def _must(element: ElementTree.Element, name: str) -> str:
    text = _text(element, name)
    if text is None:
        raise Unreadable(f"{_local(element)} without {name}")
    return text


def _number(element: ElementTree.Element, name: str) -> int:
    text = _must(element, name)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Unreadable(f"{name} is no number")
    return int(text)


def _time(text: str | None) -> datetime | None:
    """A moment as stores write it; None for what cannot be read."""
    try:
        moment = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


# --- reading -------------------------------------------------------------------------------------


def error(body: bytes) -> Told | None:
    """What an ``<Error>`` says; None for anything else, also for nothing."""
    try:
        root = _read(body, "Error")
        return Told(
            _text(root, "Code") or "",
            _text(root, "Message") or "",
            _text(root, "Region"),
            _text(root, "Endpoint"),
            _time(_text(root, "ServerTime")),
        )
    except Unreadable:
        return None


def listing(body: bytes) -> Listing:
    """A page of ``ListObjectsV2``.  :raise Unreadable:"""
    root = _read(body, "ListBucketResult")
    quoted = _text(root, "EncodingType") == "url"

    def key(text: str) -> str:
        return unquote_plus(text) if quoted else text

    objects = tuple(
        Listed(
            key(_key(content)),
            _number(content, "Size"),
            _text(content, "ETag"),
            _time(_text(content, "LastModified")),
        )
        for content in _children(root, "Contents")
    )
    prefixes = tuple(key(_must(prefix, "Prefix")) for prefix in _children(root, "CommonPrefixes"))
    more = _text(root, "IsTruncated") == "true"
    return Listing(objects, prefixes, _must(root, "NextContinuationToken") if more else None)


def is_listing(body: bytes) -> bool:
    """Whether a document is a list of a bucket, which some stores give to questions that they do not know."""
    try:
        return _local(_read(body)) == "ListBucketResult"
    except Unreadable:
        return False


def _key(element: ElementTree.Element) -> str:
    """A key, whose spaces count."""
    found = next(_children(element, "Key"), None)
    if found is None or not found.text:
        raise Unreadable("an object without a key")
    return found.text


def upload_id(body: bytes) -> str:
    """Of a multipart upload that was begun just now.  :raise Unreadable:"""
    root = _read(body, "InitiateMultipartUploadResult", "InitiateMultipartUpload")  # as some stores call it
    return _must(root, "UploadId")


def completed(body: bytes) -> str | None:
    """The tag of an object that was put together.  :raise Unreadable: it was not (S-14, S-43)."""
    return _text(_read(body, "CompleteMultipartUploadResult"), "ETag")


def copied(body: bytes) -> str | None:
    """The tag of a copy, or of a part that was copied.  :raise Unreadable: there is none (S-14)."""
    return _text(_read(body, "CopyObjectResult", "CopyPartResult"), "ETag")


def parts(body: bytes) -> tuple[tuple[Part, ...], int | None]:
    """The parts that the store has, and after which number to ask for more.  :raise Unreadable:"""
    root = _read(body, "ListPartsResult")
    found = tuple(
        Part(_number(part, "PartNumber"), _must(part, "ETag"), _number(part, "Size"))
        for part in _children(root, "Part")
    )
    more = _text(root, "IsTruncated") == "true"
    return found, _number(root, "NextPartNumberMarker") if more else None


def unfinished(body: bytes) -> tuple[tuple[Unfinished, ...], tuple[str, str] | None]:
    """Uploads that were not ended, and after which key and upload to ask for more.  :raise Unreadable:"""
    root = _read(body, "ListMultipartUploadsResult")
    quoted = _text(root, "EncodingType") == "url"
    found = tuple(
        Unfinished(
            unquote_plus(_key(one)) if quoted else _key(one), _must(one, "UploadId"), _time(_text(one, "Initiated"))
        )
        for one in _children(root, "Upload")
    )
    if _text(root, "IsTruncated") != "true":
        return found, None
    return found, (_text(root, "NextKeyMarker") or "", _text(root, "NextUploadIdMarker") or "")


def not_deleted(body: bytes) -> dict[str, str]:
    """Of a batch, the keys that were not deleted, each with the code that says why.  :raise Unreadable:"""
    root = _read(body, "DeleteResult")
    return {_key(one): _text(one, "Code") or "" for one in _children(root, "Error")}


def grants_everybody(body: bytes) -> bool:
    """Whether an access control list lets people read whom nobody knows.  :raise Unreadable:"""
    root = _read(body, "AccessControlPolicy")
    uris = (element.text or "" for element in root.iter() if _local(element) == "URI")
    return any(uri.endswith(("/global/AllUsers", "/global/AuthenticatedUsers")) for uri in uris)


def bare(body: bytes) -> list[tuple[str, str]] | None:
    """The texts of a document with their names, whatever its order, namespaces, blanks; None for what is none."""
    try:
        root = _read(body)
    except Unreadable:
        return None
    texts = ((_local(element), (element.text or "").strip()) for element in root.iter())
    return sorted((name, text) for name, text in texts if text)


# --- writing -------------------------------------------------------------------------------------


def _document(root: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{inner}</{root}>'.encode()


def delete_batch(keys: Sequence[str]) -> bytes:
    """The body that deletes objects, at most :data:`MOST_KEYS`; only failures are told."""
    if not 0 < len(keys) <= MOST_KEYS:
        raise ValueError(f"from 1 to {MOST_KEYS} keys go into one batch")
    objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    return _document("Delete", f"<Quiet>true</Quiet>{objects}")


def completion(done: Iterable[Part]) -> bytes:
    """The body that puts an object together of its parts."""
    inner = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>{escape(part.etag)}</ETag></Part>"
        for part in sorted(done, key=lambda part: part.number)
    )
    return _document("CompleteMultipartUpload", inner)


def bucket_creation(region: str) -> bytes:
    """The body that creates a bucket; the oldest region is the one that must not be named."""
    if region in ("", "us-east-1"):
        return b""
    return _document("CreateBucketConfiguration", f"<LocationConstraint>{escape(region)}</LocationConstraint>")


def cors(origins: Sequence[str]) -> bytes:
    """The rules that let pages of these origins hear what they are redirected to.  Source: docs/storage.md §3.5."""
    rule = [
        *(f"<AllowedOrigin>{escape(origin)}</AllowedOrigin>" for origin in origins),
        *(f"<AllowedMethod>{method}</AllowedMethod>" for method in ("GET", "HEAD")),
        *(f"<AllowedHeader>{name}</AllowedHeader>" for name in ("Range", "If-Range")),
        *(
            f"<ExposeHeader>{name}</ExposeHeader>"
            for name in ("Content-Range", "Accept-Ranges", "Content-Length", "ETag")
        ),
        "<MaxAgeSeconds>3600</MaxAgeSeconds>",
    ]
    return _document("CORSConfiguration", f"<CORSRule>{''.join(rule)}</CORSRule>")


def lifecycle() -> bytes:
    """The rule that clears away uploads that were not ended within a day."""
    after = (
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
    )
    rule = f"<ID>unfinished-uploads</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>{after}"
    return _document("LifecycleConfiguration", f"<Rule>{rule}</Rule>")
