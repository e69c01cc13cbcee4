"""Pictures from anybody."""

from __future__ import annotations

import contextlib
import os
import struct
import warnings
import zlib
from io import BytesIO
from time import process_time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.outside.images import Images, ImageSettings, checked_image, rendition

KINDS = (("PNG", "image/png", "png"), ("JPEG", "image/jpeg", "jpg"), ("WEBP", "image/webp", "webp"))
SECRET = b"N 52.520008 E 13.404954"


def drawn(mode: str = "RGB", width: int = 120, height: int = 80) -> Image.Image:
    """A picture whose left half is red."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **extra: object) -> bytes:
    """The picture's bytes."""
    out = BytesIO()
    image.save(out, kind, **extra)
    return out.getvalue()


def opened(body: bytes) -> Image.Image:
    """The picture that the bytes are."""
    image = Image.open(BytesIO(body))
    image.load()
    return image


def exif() -> Image.Exif:
    """What a camera adds: a place, and that it was held upright."""
    told = Image.Exif()
    told[0x010E] = SECRET.decode()
    told[0x0112] = 6  # turn by 90 degrees to show
    return told


class CheckedTests(SynchronousTestCase):
    """What is let in, and as what."""

    def test_each_kind_by_its_bytes(self) -> None:
        """PNG, JPEG and WebP stay what they are, in their size and colours."""
        for kind, media_type, suffix in KINDS:
            picture = checked_image(encoded(drawn(), kind))
            told = (picture.media_type, picture.suffix, picture.width, picture.height)
            self.assertEqual((media_type, suffix, 120, 80), told)
            image = opened(picture.body)
            self.assertEqual((kind, (120, 80)), (image.format, image.size))
            red, _, blue = image.convert("RGB").getpixel((20, 40))  # type: ignore[misc]
            self.assertTrue(red > 240 and blue < 16)

    def test_several_in_one(self) -> None:
        """Of a file that holds more pictures, the first is taken."""
        more = {"save_all": True, "append_images": [drawn("L")]}
        for kind, media_type in (("MPO", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")):
            picture = checked_image(encoded(drawn(), kind, **more))
            self.assertEqual(media_type, picture.media_type)
            self.assertEqual(1, getattr(opened(picture.body), "n_frames", 1), kind)

    def test_every_mode(self) -> None:
        """Grey, palettes, sixteen bits, print colours: all come out as browsers show them."""
        for kind, modes in (
            ("PNG", ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
            ("JPEG", ("L", "RGB", "CMYK")),
            ("WEBP", ("RGB", "RGBA")),
        ):
            for mode in modes:
                image = opened(checked_image(encoded(drawn(mode), kind)).body)
                self.assertIn(image.mode, ("L", "RGB", "RGBA"), (kind, mode))

    def test_what_is_clear_stays_clear(self) -> None:
        """Transparency survives, also that of a palette."""
        image = Image.new("RGBA", (60, 60), (255, 0, 0, 0))
        for kind, mode in (("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA")):
            alpha = opened(checked_image(encoded(image.convert(mode), kind)).body).convert("RGBA").getpixel((5, 5))
            self.assertEqual(0, alpha[3], (kind, mode))  # type: ignore[index]

    def test_nothing_but_pixels(self) -> None:
        """Places, comments and notes stay behind, and the picture is turned upright."""
        note = PngInfo()
        note.add_text("Comment", SECRET.decode())
        for body in (
            encoded(drawn(), "JPEG", exif=exif(), comment=SECRET),
            encoded(drawn(), "PNG", exif=exif(), pnginfo=note),
            encoded(drawn(), "WEBP", exif=exif(), xmp=SECRET),
            encoded(drawn(), "JPEG", exif=exif()) + SECRET,
        ):
            self.assertIn(SECRET, body)
            picture = checked_image(body)
            self.assertNotIn(SECRET, picture.body)
            self.assertEqual((80, 120), (picture.width, picture.height))

    def test_refused(self) -> None:
        """Too small, too large, of another kind, cut, empty: each with words on ``file``."""
        whole = encoded(drawn(), "JPEG")
        for body in (
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'/>",
            b"<html>",
            encoded(drawn(), "GIF"),
            encoded(drawn(), "BMP"),
            encoded(drawn(), "TIFF"),
            encoded(drawn(width=49), "PNG"),
            encoded(drawn(height=49), "WEBP"),
            whole[: len(whole) // 2],
            b"\x89PNG\r\n\x1a\n",
            whole + b"\0" * 5_000_000,
        ):
            refused = self.assertRaises(Invalid, checked_image, body)
            self.assertEqual(["file"], list(refused.problems))

    def test_the_smallest(self) -> None:
        """Fifty by fifty is enough."""
        self.assertEqual(50, checked_image(encoded(drawn(width=50, height=50), "PNG")).width)

    def test_bombs(self) -> None:
        """A small file that unfolds to a huge picture is refused before it does, whatever its header says."""
        for width, height in ((40_000, 40_000), (10_000, 5_000), (2**31 - 1, 2**31 - 1)):
            head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
            chunk = b"IHDR" + head
            bomb = (
                b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
                + struct.pack(">I", 20) + b"IDAT" + b"\0" * 24
            )  # fmt: skip
            began = process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.assertRaises(Invalid, checked_image, bomb)
            self.assertLess(process_time() - began, 0.5)

    def test_own_limits(self) -> None:
        """Settings decide what is too large."""
        body = encoded(drawn(), "PNG")
        self.assertRaises(Invalid, checked_image, body, ImageSettings(largest_bytes=10))
        self.assertRaises(Invalid, checked_image, body, ImageSettings(most_pixels=120 * 80 - 1))
        self.assertEqual(120, checked_image(body, ImageSettings(most_pixels=120 * 80)).width)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from([encoded(drawn(), kind) for kind, _, _ in KINDS]),
        st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=4)), max_size=6),
        st.integers(0, 500),
    )
    def test_damaged(self, body: bytes, damage: list[tuple[int, bytes]], cut: int) -> None:
        """Whatever is done to a picture's bytes, it is a picture or our own error."""
        broken = bytearray(body)
        for at, put in damage:
            broken[at : at + len(put)] = put
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.suppress(Invalid):
                checked_image(bytes(broken[: len(broken) - cut]))


class RenditionTests(SynchronousTestCase):
    """The sizes that are shown."""

    def test_the_middle_as_a_square(self) -> None:
        """Wide, high and small pictures become squares of their middle, in their own kind."""
        for kind, _, _ in KINDS:
            for width, height in ((1200, 300), (300, 1200), (60, 50)):
                for size in (200, 600):
                    image = opened(rendition(encoded(drawn("RGB", width, height), kind), size))
                    self.assertEqual((kind, (size, size)), (image.format, image.size))
                    left, right = (image.convert("RGB").getpixel((at, size // 2)) for at in (5, size - 5))
                    self.assertTrue(left[0] > 200 and right[2] > 200)  # type: ignore[index]

    def test_a_broken_original(self) -> None:
        """An original that has rotted is told as such."""
        self.assertRaises(Invalid, rendition, b"rotten", 200)

    def test_more_pixels_than_anybody_should_unpack(self) -> None:
        """A picture that came in an audio file was never looked at; it is now."""
        self.assertRaises(Invalid, rendition, encoded(drawn(), "PNG"), 200, most_pixels=120 * 80 - 1)


class ImagesTests(TestCase):
    """The same in threads."""

    async def test_a_turn_lasts_until_the_work_is_done(self) -> None:
        """Who hangs up makes no room for the next while their picture is still in memory."""
        begun: list[Deferred[Any]] = []

        def threads(*_: object) -> Deferred[Any]:
            begun.append(Deferred())
            return begun[-1]

        images = Images(threads, ImageSettings(at_once=1))
        for _ in range(3):
            asking = Deferred.fromCoroutine(images.rendition(b"", 200))
            asking.cancel()
            await self.assertFailure(asking, CancelledError)
        self.assertEqual(1, len(begun))
        begun[0].callback(b"")
        self.assertEqual(2, len(begun))

    async def test_several_at_once(self) -> None:
        """More pictures than places: all are done."""
        images = Images(deferToThread, ImageSettings(at_once=1))
        body = encoded(drawn(), "JPEG")
        works = [Deferred.fromCoroutine(images.checked(body)) for _ in range(4)]
        for picture in await gatherResults(works):
            self.assertEqual((200, 200), opened(await images.rendition(picture.body, 200)).size)

    async def test_a_file(self) -> None:
        """A local file is read no further than it may be large."""
        images = Images(deferToThread)
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(encoded(drawn(), "PNG"))
        self.assertEqual("image/png", (await images.checked_file(path)).media_type)
        await self.assertFailure(Deferred.fromCoroutine(images.checked_file("/dev/zero")), Invalid)
        await self.assertFailure(Deferred.fromCoroutine(images.checked_file("/nowhere")), FileNotFoundError)
