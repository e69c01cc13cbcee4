"""What all REST documents share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import NotFound
from fwtwisted.model.music import Attachment
from fwtwisted.wire.v1 import Paging, Pictures, attachment, page, paging, when, when_or_none

BASE = "https://pod.example/api/v1/tracks/"


class DateTests(SynchronousTestCase):
    """docs/api.md §1.3."""

    def test_a_time_is_told_in_utc_with_microseconds(self) -> None:
        """The fraction is dropped when it is zero, ``Z`` stands for the zone."""
        moment = datetime(2026, 11, 21, 9, 17, 12, 965991, UTC)
        self.assertEqual("2026-11-21T09:17:12.965991Z", when(moment))
        self.assertEqual("2026-11-21T09:17:12Z", when(moment.replace(microsecond=0)))
        self.assertEqual("2026-11-21T09:17:12.965991Z", when(moment.astimezone(timezone(timedelta(hours=5)))))
        self.assertIsNone(when_or_none(None))


class PagingTests(SynchronousTestCase):
    """docs/api.md §1.4."""

    def test_what_is_asked_for(self) -> None:
        """Sizes are clamped, nonsense is ignored, the last of several values counts."""
        self.assertEqual(Paging(1, 50), paging({}))
        self.assertEqual(Paging(3, 5), paging({"page": ["3"], "page_size": ["7", "5"]}))
        self.assertEqual(Paging(1, 50), paging({"page_size": ["1000"]}))
        self.assertEqual(Paging(1, 1000), paging({"page_size": ["5000"]}, largest=1000))
        for nonsense in ("0", "-1", "x", "", "٣", "1e3"):
            self.assertEqual(Paging(1, 50), paging({"page_size": [nonsense]}), nonsense)

    def test_a_page_that_cannot_be(self) -> None:
        """A page number that is none is the contract's 404."""
        for nonsense in ("0", "-1", "x", "9" * 40):
            told = self.assertRaises(NotFound, paging, {"page": [nonsense]})
            self.assertEqual("Invalid page.", str(told))

    @given(some.text(), some.text())
    def test_any_text_is_a_page_or_not(self, number: str, size: str) -> None:
        """Whatever stands in the query, the answer is a lawful page or NotFound."""
        try:
            asked = paging({"page": [number], "page_size": [size]})
        except NotFound:
            return
        self.assertTrue(asked.number >= 1 and 1 <= asked.size <= 50)

    def test_neighbours(self) -> None:
        """``next`` and ``previous`` keep the other parameters, sorted; the first page has no ``page``."""
        query = {"tag": ["b", "a"], "page": ["2"], "page_size": ["2"], "artist": ["ü"]}
        document = page(["x", "y"], 5, Paging(2, 2), BASE, query)
        self.assertEqual(
            {
                "count": 5,
                "next": BASE + "?artist=%C3%BC&page=3&page_size=2&tag=b&tag=a",
                "previous": BASE + "?artist=%C3%BC&page_size=2&tag=b&tag=a",
                "results": ["x", "y"],
            },
            document,
        )

    def test_a_list_that_fits_has_no_neighbours(self) -> None:
        """An empty list is one empty page; the second page of it is not there."""
        self.assertEqual({"count": 0, "next": None, "previous": None, "results": []}, page([], 0, Paging(), BASE, {}))
        self.assertEqual(BASE, page(["x"], 2, Paging(2, 1), BASE, {"page": ["2"]})["previous"])
        self.assertRaises(NotFound, page, [], 0, Paging(2, 1), BASE, {})
        self.assertRaises(NotFound, page, [], 2, Paging(2, 2), BASE, {})


class PictureTests(SynchronousTestCase):
    """docs/api.md §3.1."""

    pictures = Pictures("https://pod.example/media/", "https://pod.example")

    def picture(self, url: str | None, file: str | None) -> Attachment:
        uuid = UUID("0a1b2c3d-0000-4000-8000-000000000000")
        return Attachment(1, uuid, url, file, 5, "image/jpeg", datetime(2026, 1, 2, tzinfo=UTC))

    def test_a_stored_picture_points_at_media(self) -> None:
        """The original and its two renditions."""
        document = attachment(self.picture(None, "attachments/0a/1b/2c/my cover.jpg"), self.pictures)
        assert document is not None
        sized = "https://pod.example/media/__sized__/attachments/0a/1b/2c/mycover-crop-c0-5__0-5-"
        self.assertEqual(
            {
                "source": None,
                "original": "https://pod.example/media/attachments/0a/1b/2c/my%20cover.jpg",
                "medium_square_crop": sized + "200x200-95.jpg",
                "large_square_crop": sized + "600x600-95.jpg",
            },
            document["urls"],
        )

    def test_a_picture_elsewhere_points_at_the_proxy(self) -> None:
        """What has not been fetched yet has three addresses of ours and its source."""
        document = attachment(self.picture("https://away.example/x.png", None), self.pictures)
        assert document is not None
        self.assertEqual("https://away.example/x.png", document["urls"]["source"])
        proxy = "https://pod.example/api/v1/attachments/0a1b2c3d-0000-4000-8000-000000000000/proxy?next="
        for which in ("original", "medium_square_crop", "large_square_crop"):
            self.assertEqual(proxy + which, document["urls"][which])

    def test_no_picture(self) -> None:
        """None stays None."""
        self.assertIsNone(attachment(None, self.pictures))
