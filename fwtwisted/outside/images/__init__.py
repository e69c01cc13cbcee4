"""
Pictures from anybody: looked at, cleaned, and cut to the sizes that are shown.

What a picture is, its bytes say, not its name.  Nothing of the original's file is passed on: the pixels are written
anew, turned as the camera held them, so that places, names and anything hidden in the metadata stay behind; only the
colour profile goes along.  How many pixels there are is read from the header and judged before one is decoded.

The functions block and burn CPU; :class:`Images` runs them in threads, few at a time, for each holds a whole picture.

Source: docs/storage.md §2.2, S-1; docs/api.md, attachments.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any, TypeVar

from attrs import frozen
from PIL import Image, ImageOps
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.python.failure import Failure

from fwtwisted.model.errors import Invalid
from fwtwisted.model.images import Frame
from fwtwisted.model.threads import Threads

T = TypeVar("T")

RENDITION_SIZES = (200, 600)

# Whatever its decoders raise for bytes that only begin like a picture.
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@frozen
class _Kind:
    """A kind of picture that we take.  :ivar encoder: Pillow's name for it."""

    encoder: str
    media_type: str
    suffix: str


_PNG = _Kind("PNG", "image/png", "png")
_JPEG = _Kind("JPEG", "image/jpeg", "jpg")
_WEBP = _Kind("WEBP", "image/webp", "webp")

# By Pillow's name for what it has found; MPO is a JPEG with more pictures behind the first.
_KINDS: Mapping[str, _Kind] = {"PNG": _PNG, "JPEG": _JPEG, "MPO": _JPEG, "WEBP": _WEBP}
_OPENED = ("PNG", "JPEG", "WEBP")


MOST_PIXELS = 40_000_000


@frozen
class Picture:
    """
    A picture that may be stored and shown.

    :ivar body: its bytes, clean.
    :ivar media_type: of the bytes.
    :ivar suffix: the usual one of a file's name, without the dot.
    :ivar width: pixels.
    :ivar height: pixels.
    """

    body: bytes
    media_type: str
    suffix: str
    width: int
    height: int


@frozen
class ImageSettings:
    """
    What pictures are taken, and how well they are written.

    :ivar largest_bytes: of an original as it comes.
    :ivar smallest_edge: pixels.
    :ivar most_pixels: more are not decoded.
    :ivar quality: of JPEG and WebP, to 100; part of the renditions' names.
    :ivar at_once: how many pictures are held in memory at the same time.
    """

    largest_bytes: int = 5_000_000
    smallest_edge: int = 50
    most_pixels: int = MOST_PIXELS
    quality: int = 95
    at_once: int = 2


def checked_image(body: bytes, settings: ImageSettings | None = None) -> Picture:
    """
    A foreign picture, as we keep it.

    :raise Invalid: on ``file``: too large, too small, of another kind, or broken.
    """
    settings = settings or ImageSettings()
    if len(body) > settings.largest_bytes:
        raise Invalid.on("file", f"The image is larger than {settings.largest_bytes // 10**6} MB.")
    with _readable(body) as image:
        kind = _KINDS[image.format or ""]
        _judge(image, settings)
        clean = _clean(image, kind)
        return Picture(_written(clean, kind, settings.quality), kind.media_type, kind.suffix, *clean.size)


def rendition(body: bytes, size: int, quality: int = 95, most_pixels: int = MOST_PIXELS) -> bytes:
    """
    The middle of a picture, as a square, in the same kind.

    The picture may have come in an audio file and never have been looked at.

    :param size: of an edge, pixels; a smaller picture is enlarged.
    :raise Invalid: on ``file``: the picture is broken, or larger than anybody should unpack.
    """
    with _readable(body) as image:
        _judge_pixels(image, most_pixels)
        image.draft("RGB", (size, size))  # a JPEG is decoded at no more than it takes
        clean = _clean(image, _KINDS[image.format or ""])
        square = ImageOps.fit(clean, (size, size), Image.Resampling.LANCZOS)
        return _written(square, _KINDS[image.format or ""], quality)


def fitted(body: bytes, frame: Frame, quality: int = 95, most_pixels: int = MOST_PIXELS) -> bytes | None:
    """
    A picture made small enough for a frame, in the same kind; it is never enlarged.

    :return: None when it fits as it is.
    :raise Invalid: on ``file``: the picture is broken, or larger than anybody should unpack.
    """
    with _readable(body) as image:
        _judge_pixels(image, most_pixels)
        edge = min(frame.edge, *image.size) if frame.is_square else frame.edge
        if max(image.size) <= edge:
            return None
        kind = _KINDS[image.format or ""]
        if not frame.is_square:
            image.draft("RGB", (edge, edge))
        clean = _clean(image, kind)
        if frame.is_square:
            clean = ImageOps.fit(clean, (edge, edge), Image.Resampling.LANCZOS)
        else:
            clean.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        return _written(clean, kind, quality)


@contextmanager
def _readable(body: bytes) -> Iterator[Image.Image]:
    """The opened picture; whatever its decoder trips over inside the block becomes our own error."""
    try:
        with Image.open(BytesIO(body), formats=_OPENED) as image:
            yield image
    except _UNREADABLE as error:
        raise Invalid.on("file", "This is not an image that can be read: send a PNG, JPEG or WebP.") from error


def _judge(image: Image.Image, settings: ImageSettings) -> None:
    """Refuse by what the header says.  :raise Invalid: on ``file``."""
    if min(image.size) < settings.smallest_edge:
        edge = settings.smallest_edge
        raise Invalid.on("file", f"The image is too small: it must have at least {edge}×{edge} pixels.")
    _judge_pixels(image, settings.most_pixels)


def _judge_pixels(image: Image.Image, most: int) -> None:
    """Refuse what would take too much memory.  :raise Invalid: on ``file``."""
    if image.width * image.height > most:
        raise Invalid.on("file", f"The image has more than {most // 10**6} million pixels.")


def _clean(image: Image.Image, kind: _Kind) -> Image.Image:
    """The pixels, upright, in colours that every browser shows, with their colour profile and nothing else."""
    upright = ImageOps.exif_transpose(image)
    profile = upright.info.get("icc_profile")
    clear = kind is not _JPEG and (upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info)
    plain = upright.convert("RGBA" if clear else "L" if upright.mode in ("1", "L") else "RGB")
    plain.info = {"icc_profile": profile} if profile and plain.mode == upright.mode else {}
    return plain


def _written(image: Image.Image, kind: _Kind, quality: int) -> bytes:
    """The picture's bytes."""
    out = BytesIO()
    profile = image.info.get("icc_profile")
    extra = {} if kind is _PNG else {"quality": quality}
    image.save(out, kind.encoder, icc_profile=profile, **extra)
    return out.getvalue()


class Images:
    """The same for those who may not block."""

    def __init__(self, threads: Threads, settings: ImageSettings | None = None) -> None:
        self._threads = threads
        self.settings = settings or ImageSettings()
        self._slots = DeferredSemaphore(self.settings.at_once)

    async def checked(self, body: bytes) -> Picture:
        """See :func:`checked_image`."""
        picture: Picture = await self._in_turn(checked_image, body, self.settings)
        return picture

    async def checked_file(self, path: str) -> Picture:
        """
        The same for a local file.

        :raise OSError: it cannot be read.
        """
        picture: Picture = await self._in_turn(self._checked_file, path)
        return picture

    async def rendition(self, body: bytes, size: int) -> bytes:
        """See :func:`rendition`."""
        square: bytes = await self._in_turn(rendition, body, size, self.settings.quality, self.settings.most_pixels)
        return square

    async def rendition_file(self, path: str, size: int) -> bytes:
        """
        The same for a local file.

        :raise OSError: it cannot be read.
        """
        square: bytes = await self._in_turn(self._rendition_file, path, size)
        return square

    async def fitted_file(self, path: str, frame: Frame) -> bytes | None:
        """
        See :func:`fitted`, for a local file.

        :raise OSError: it cannot be read.
        """
        small: bytes | None = await self._in_turn(self._fitted_file, path, frame)
        return small

    def _in_turn(self, work: Callable[..., T], *args: object) -> Deferred[T]:
        """Run ``work`` in a thread when it is its turn.  Who waits may leave; the turn lasts until the work is done."""
        heard: Deferred[T] = Deferred(_waiter_left)

        def tell(result: T | Failure) -> None:
            if not heard.called:
                heard.callback(result)

        self._slots.run(self._threads, work, *args).addBoth(tell)
        return heard

    def _rendition_file(self, path: str, size: int) -> bytes:
        """In a thread."""
        with open(path, "rb") as file:
            return rendition(file.read(), size, self.settings.quality, self.settings.most_pixels)

    def _fitted_file(self, path: str, frame: Frame) -> bytes | None:
        """In a thread."""
        with open(path, "rb") as file:
            return fitted(file.read(), frame, self.settings.quality, self.settings.most_pixels)

    def _checked_file(self, path: str) -> Picture:
        """In a thread: no more is read than may be."""
        with open(path, "rb") as file:
            return checked_image(file.read(self.settings.largest_bytes + 1), self.settings)


def _waiter_left(_: Deferred[Any]) -> None:
    """Who waits may leave; the work goes on."""
