"""Ranges, conditions, dates, names and kinds: what a request for bytes means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from time import process_time
from urllib.parse import unquote

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from fwtwisted.wire.http import (
    Conditions,
    Plan,
    Span,
    content_disposition,
    http_date,
    parsed_http_date,
    plan,
)

TAG = '"5eb63bbbe01eeed093cb22bb8f5acdc3"'
CHANGED = datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)
SAME = b"Thu, 29 Feb 2024 12:30:15 GMT"
EARLIER = b"Thu, 29 Feb 2024 12:30:14 GMT"
LATER = b"Thu, 29 Feb 2024 12:30:16 GMT"


def asked(method: bytes = b"GET", length: int | None = 1000, **headers: bytes) -> Plan:
    """The plan for a request with these headers, for a thing of a thousand bytes."""
    return plan(method, Conditions(**headers), length, TAG, CHANGED)


class RangeTests(SynchronousTestCase):
    """Which bytes a Range header means."""

    def test_no_header_means_everything(self) -> None:
        """Without conditions or a range the whole is sent."""
        self.assertEqual(Plan(200), asked())

    def test_the_three_forms(self) -> None:
        """From-to, from, and last-n are served as the bytes that they name, cut at the end."""
        for header, span, told in (
            (b"bytes=0-0", Span(0, 1), b"bytes 0-0/1000"),
            (b"bytes=10-19", Span(10, 20), b"bytes 10-19/1000"),
            (b"bytes=990-", Span(990, 1000), b"bytes 990-999/1000"),
            (b"bytes=-10", Span(990, 1000), b"bytes 990-999/1000"),
            (b"bytes=-5000", Span(0, 1000), b"bytes 0-999/1000"),
            (b"bytes=0-99999999999999999999", Span(0, 1000), b"bytes 0-999/1000"),
            (b"Bytes= 5-6 ,", Span(5, 7), b"bytes 5-6/1000"),
        ):
            self.assertEqual(Plan(206, span, told), asked(range=header), header)

    def test_outside_the_whole(self) -> None:
        """A range that holds no byte is 416, and tells the size."""
        for header in (b"bytes=1000-", b"bytes=1000-1001", b"bytes=-0", b"bytes=" + b"9" * 200 + b"-"):
            self.assertEqual(Plan(416, None, b"bytes */1000"), asked(range=header), header)

    def test_nothing_of_an_empty_file(self) -> None:
        """An empty file has no last byte and no first one."""
        for header in (b"bytes=-5", b"bytes=0-", b"bytes=0-0"):
            self.assertEqual(Plan(416, None, b"bytes */0"), asked(length=0, range=header), header)

    def test_what_cannot_be_read_is_not_there(self) -> None:
        """Malformed ranges, other units and backward ranges are answered with everything."""
        for header in (
            b"", b"bytes", b"bytes=", b"bytes=-", b"bytes=a-b", b"bytes=5-1", b"bytes=1-2-3", b"bytes=+1-2",
            b"items=0-5", b"bytes=0x1-2", b"bytes 0-5", b"bytes=\xb2-5", b"bytes=-" + b"0" * 5000, b"bytes=--5",
        ):  # fmt: skip
            self.assertEqual(Plan(200), asked(range=header), header)

    def test_several_ranges_mean_everything(self) -> None:
        """We never answer in parts, however often someone asks for the same bytes."""
        for header in (b"bytes=0-1,3-4", b"bytes=" + b",".join([b"0-"] * 400)):
            self.assertEqual(Plan(200), asked(range=header))

    def test_only_get_has_ranges(self) -> None:
        """HEAD ignores a range, as does a body whose size nobody knows."""
        self.assertEqual(Plan(200), asked(b"HEAD", range=b"bytes=0-1"))
        self.assertEqual(Plan(200), asked(length=None, range=b"bytes=0-1"))

    @given(
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(0, 80)),
        st.one_of(st.none(), st.integers(0, 80)),
    )
    def test_as_the_plain_reading_has_it(self, length: int, first: int | None, last: int | None) -> None:
        """Against an oracle that walks over every single position of the whole."""
        header = b"bytes=%s-%s" % (
            b"" if first is None else b"%d" % first,
            b"" if last is None else b"%d" % last,
        )
        found = asked(length=length, range=header)
        if (first is None and last is None) or (first is not None and last is not None and first > last):
            self.assertEqual(200, found.status)
            return
        if first is None:
            wanted = [at for at in range(length) if at >= length - (last or 0)]
        else:
            wanted = [at for at in range(length) if first <= at and (last is None or at <= last)]
        if not wanted:
            self.assertEqual((416, b"bytes */%d" % length), (found.status, found.content_range))
            return
        assert found.span is not None
        self.assertEqual(wanted, list(range(found.span.start, found.span.stop)))
        self.assertEqual(b"bytes %d-%d/%d" % (wanted[0], wanted[-1], length), found.content_range)


class ConditionTests(SynchronousTestCase):
    """The conditional headers, each alone and in their order."""

    def test_if_match(self) -> None:
        """Only the strong tag, or any thing at all for ``*``, lets the request pass."""
        for header, status in (
            (TAG.encode(), 200),
            (b'"other", ' + TAG.encode(), 200),
            (b"*", 200),
            (b"W/" + TAG.encode(), 412),
            (b'"other"', 412),
            (b"", 412),
        ):
            self.assertEqual(status, asked(if_match=header).status, header)

    def test_if_unmodified_since(self) -> None:
        """A change after the date breaks it, to the second; If-Match makes it count for nothing."""
        for header, status in ((SAME, 200), (LATER, 200), (EARLIER, 412), (b"yesterday", 200)):
            self.assertEqual(status, asked(if_unmodified_since=header).status, header)
        self.assertEqual(200, asked(if_match=b"*", if_unmodified_since=EARLIER).status)

    def test_if_none_match(self) -> None:
        """The tag, weak or strong, alone or in a list, means that the asker has it."""
        for header, status in (
            (TAG.encode(), 304),
            (b"W/" + TAG.encode(), 304),
            (b'"other",W/' + TAG.encode(), 304),
            (b"*", 304),
            (b'"other"', 200),
            (TAG.strip('"').encode(), 200),
        ):
            self.assertEqual(status, asked(if_none_match=header).status, header)
        self.assertEqual(412, asked(b"PUT", if_none_match=b"*").status)

    def test_if_modified_since(self) -> None:
        """Not changed after the date is 304, for reading only, and never beside If-None-Match."""
        for header, status in ((SAME, 304), (LATER, 304), (EARLIER, 200), (b"0", 200)):
            self.assertEqual(status, asked(if_modified_since=header).status, header)
        self.assertEqual(304, asked(b"HEAD", if_modified_since=SAME).status)
        self.assertEqual(200, asked(b"POST", if_modified_since=SAME).status)
        self.assertEqual(200, asked(if_none_match=b'"other"', if_modified_since=SAME).status)

    def test_if_range(self) -> None:
        """The range counts only for the strong tag or the exact date; else everything is sent."""
        for header, status in (
            (TAG.encode(), 206),
            (b"W/" + TAG.encode(), 200),
            (b'"other"', 200),
            (SAME, 206),
            (LATER, 200),
            (EARLIER, 200),
            (b"soon", 200),
            (b"", 200),
        ):
            self.assertEqual(status, asked(range=b"bytes=0-9", if_range=header).status, header)

    def test_if_range_spares_a_range_outside_the_whole(self) -> None:
        """When the thing has changed, a range that no longer fits is no error."""
        self.assertEqual(200, asked(range=b"bytes=5000-", if_range=b'"old"').status)
        self.assertEqual(416, asked(range=b"bytes=5000-", if_range=TAG.encode()).status)

    def test_order(self) -> None:
        """If-Match before If-None-Match before the range."""
        for match, none_match, status in (
            (b'"other"', TAG.encode(), 412),
            (b"*", TAG.encode(), 304),
            (b"*", b'"x"', 206),
        ):
            found = asked(if_match=match, if_none_match=none_match, range=b"bytes=0-1")
            self.assertEqual(status, found.status)

    def test_neither_tag_nor_date(self) -> None:
        """A thing without tag and date answers no condition but ``*``."""
        for conditions, status in (
            (Conditions(if_none_match=b'""'), 200),
            (Conditions(if_match=b'""'), 412),
            (Conditions(if_match=b"*"), 200),
            (Conditions(if_modified_since=SAME), 200),
            (Conditions(if_unmodified_since=EARLIER), 200),
            (Conditions(range=b"bytes=0-1", if_range=SAME), 200),
            (Conditions(range=b"bytes=0-1", if_range=b"nonsense"), 200),
        ):
            self.assertEqual(status, plan(b"GET", conditions, 5, None, None).status, conditions)

    def test_read_from_a_request(self) -> None:
        """Headers are taken as they came, and several lines are one list."""
        headers = Headers({b"If-None-Match": [b'"a"', b'"b"'], b"Range": [b"bytes=0-"]})
        expected = Conditions(if_none_match=b'"a", "b"', range=b"bytes=0-")
        self.assertEqual(expected, Conditions.read(headers.getRawHeaders))

    @given(
        st.builds(
            Conditions, *[st.one_of(st.none(), st.binary(max_size=60), st.just(SAME), st.just(TAG.encode()))] * 6
        ),
        st.sampled_from([b"GET", b"HEAD", b"PUT", b"\xff"]),
        st.one_of(st.none(), st.integers(0, 10**12)),
    )
    def test_any_bytes_get_an_answer(self, conditions: Conditions, method: bytes, length: int | None) -> None:
        """Whatever stands in the headers, there is an answer, and its span lies within the whole."""
        found = plan(method, conditions, length, TAG, CHANGED)
        self.assertIn(found.status, (200, 206, 304, 412, 416))
        self.assertEqual(found.status == 206, found.span is not None)
        if found.span is not None:
            assert length is not None
            self.assertTrue(0 <= found.span.start < found.span.stop <= length)

    def test_never_slow(self) -> None:
        """Sixty-four kilobytes of the nastiest of each kind take no noticeable time."""
        size = 1 << 16
        for nasty in (
            b'"' * size, b'W/"' * size, b"," * size, b"bytes=" + b"1" * size, b"bytes=" + b"0-," * size,
            b" " * size, b"\\" * size, b'a/b;x="' + b"\\" * size, b";" * size, b"a/b;q=" + b"0" * size,
            b'"a\\' * size, b"a/b," * size, b"Mon, " * size,
        ):  # fmt: skip
            began = process_time()
            plan(b"GET", Conditions(nasty), 10, TAG, CHANGED)
            plan(b"GET", Conditions(None, nasty, nasty), 10, TAG, CHANGED)
            plan(b"GET", Conditions(None, None, None, nasty, nasty, nasty), 10, TAG, CHANGED)
            plan(b"GET", Conditions(range=nasty), 10, TAG, CHANGED)
            self.assertLess(process_time() - began, 0.5, nasty[:10])


class DateTests(SynchronousTestCase):
    """Moments as HTTP writes them."""

    def test_written(self) -> None:
        """The fixed English form in Greenwich time, whatever zone the moment was told in."""
        moment = datetime(1994, 11, 6, 10, 49, 37, tzinfo=timezone(timedelta(hours=2)))
        self.assertEqual(b"Sun, 06 Nov 1994 08:49:37 GMT", http_date(moment))

    def test_three_forms_are_read(self) -> None:
        """Today's form and the two historical ones name the same moment."""
        moment = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
        for header in (
            b"Sun, 06 Nov 1994 08:49:37 GMT",
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
        ):
            self.assertEqual(moment, parsed_http_date(header))

    def test_no_date_is_none(self) -> None:
        """What is no moment of any calendar is not there."""
        for header in (None, b"", b"0", b"Sun, 31 Feb 2024 00:00:00 GMT", b"Sun, 06 Foo 1994 08:49:37 GMT",
                       b"Sun, 06 Nov 1994 25:49:37 GMT", b"Sun, 06 Nov 0000 08:49:37 GMT"):  # fmt: skip
            self.assertIsNone(parsed_http_date(header), header)

    @given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))
    def test_there_and_back(self, moment: datetime) -> None:
        """What we write we read again, to the second."""
        self.assertEqual(moment.replace(microsecond=0), parsed_http_date(http_date(moment)))

    @given(st.binary())
    @example(b"Sunday, 06-Nov-94 08:49:37 GM\xff")
    def test_any_bytes(self, header: bytes) -> None:
        """Any bytes are a moment or nothing."""
        found = parsed_http_date(header)
        self.assertTrue(found is None or found.tzinfo is UTC)


class DispositionTests(SynchronousTestCase):
    """The name under which a browser saves."""

    def test_plain_first_then_exact(self) -> None:
        """Old clients get a spelling in ASCII, the others the very name."""
        self.assertEqual(
            b"attachment; filename=\"jibeuro ganeun gil.mp3\"; filename*=UTF-8''"
            b"%EC%A7%91%EC%9C%BC%EB%A1%9C%20%EA%B0%80%EB%8A%94%20%EA%B8%B8.mp3",
            content_disposition("집으로 가는 길.mp3"),
        )

    @given(st.text(st.characters(codec=None)))
    @example('a"; filename=evil.exe\r\nSet-Cookie: x=1')
    @example("half \ud800 surrogate")
    @example("..")
    def test_any_name_is_one_safe_line(self, name: str) -> None:
        """No name breaks out of its quotes or its line, and the exact one can be read back."""
        header = content_disposition(name)
        start, plain, rest = header.split(b'"')
        self.assertEqual((b"attachment; filename=", b"; filename*=UTF-8''"), (start, rest[:19]))
        self.assertTrue(plain and all(32 <= octet < 127 for octet in header))
        readable = name.encode("utf-8", "replace").decode()
        self.assertEqual(readable, unquote(rest[19:].decode()))
