"""The documents and answers of stores, and what is none."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import binary, integers, none, one_of, sampled_from
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.http import Span
from fwtwisted.wire.s3 import documents
from fwtwisted.wire.s3.addresses import Address, public_url
from fwtwisted.wire.s3.answers import Cure, Misfit, Taken, cure, taken
from fwtwisted.wire.s3.documents import Listed, Part, Told, Unreadable
from fwtwisted.wire.s3.policy import public_policy

READERS = (
    documents.listing, documents.upload_id, documents.completed, documents.copied, documents.parts,
    documents.unfinished, documents.not_deleted, documents.grants_everybody,
)  # fmt: skip


class DocumentTests(SynchronousTestCase):
    """Reading and writing."""

    def test_a_list(self) -> None:
        """Keys are unquoted when the store quoted them; a page tells how to go on."""
        body = b"""<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
            <NextContinuationToken>t/1</NextContinuationToken>
            <Contents><Key>a%2Fb+c%25</Key><Size>5</Size><ETag>"e"</ETag></Contents>
            <CommonPrefixes><Prefix>p%2F</Prefix></CommonPrefixes></ListBucketResult>"""
        page = documents.listing(body)
        self.assertEqual((Listed("a/b c%", 5, '"e"', None),), page.objects)
        self.assertEqual((("p/",), "t/1"), (page.prefixes, page.next_token))

    def test_errors(self) -> None:
        """With what helps against them; nothing and nonsense are none."""
        body = b"<Error><Code>X</Code><Message>m</Message><Region>r</Region></Error>"
        self.assertEqual(Told("X", "m", "r"), documents.error(body))
        for other in (b"", b"<html>", b"<ListBucketResult/>", b"\xff"):
            self.assertIsNone(documents.error(other))

    def test_success_that_is_none(self) -> None:
        """200 with an error in it is not believed (S-14)."""
        for read in (documents.completed, documents.copied, documents.not_deleted):
            self.assertRaises(Unreadable, read, b"<Error><Code>InternalError</Code></Error>")

    def test_no_entities(self) -> None:
        """A document that brings definitions of its own is none."""
        result = b"<CompleteMultipartUploadResult><ETag>&a;</ETag></CompleteMultipartUploadResult>"
        bomb = b'<!DOCTYPE x [<!ENTITY a "b">]>' + result
        self.assertRaises(Unreadable, documents.completed, bomb)

    def test_written(self) -> None:
        """Keys are escaped, parts are in order."""
        self.assertIn(b"<Key>a&amp;b&lt;</Key>", documents.delete_batch(["a&b<"]))
        body = documents.completion([Part(2, '"b"'), Part(1, '"a"')])
        self.assertLess(body.index(b"<PartNumber>1<"), body.index(b"<PartNumber>2<"))
        self.assertRaises(ValueError, documents.delete_batch, ["k"] * 1001)
        self.assertIn(b'"arn:aws:s3:::b/l/attachments/*"', public_policy("b", "l"))
        self.assertNotIn(b"tracks", public_policy("b", ""))

    @given(sampled_from(READERS), binary(max_size=200))
    def test_any_bytes(self, read, body) -> None:  # type: ignore[no-untyped-def]
        """An answer, or our own error."""
        try:
            read(body)
        except Unreadable:
            return


class AnswerTests(SynchronousTestCase):
    """Which bytes came, and what helps."""

    def test_ranges(self) -> None:
        """Only what is said twice is believed; a whole is cut."""
        self.assertEqual(Taken(10, Span(2, 5), Span(2, 5)), taken(206, "bytes 2-4/10", 3, 2, 4))
        self.assertEqual(Taken(10, Span(2, 10), Span(2, 10)), taken(206, "bytes 2-9/10", 8, 2, 99))
        self.assertEqual(Taken(10, Span(0, 10), Span(2, 5)), taken(200, None, 10, 2, 4))
        for answer in ((200, "bytes 2-4/10", 3), (206, None, 3), (206, "bytes 2-4/10", 4), (206, "bytes 3-5/10", 3),
                       (206, "bytes 2-4/*", 3), (200, None, None), (206, "bytes 2-3/10", 2)):  # fmt: skip
            self.assertRaises(Misfit, taken, *answer, 2, 4)

    @given(sampled_from((200, 206)), sampled_from((None, "", "bytes 0-0/1", "bytes 5-9/10", "bytes 9-1/3", "x")),
           one_of(none(), integers(0, 20)), integers(0, 20), one_of(none(), integers(0, 20)))  # fmt: skip
    def test_any_answer(self, status, said, length, first, last) -> None:  # type: ignore[no-untyped-def]
        """What is wanted always lies within what came."""
        try:
            told = taken(status, said, length, first, last)
        except Misfit:
            return
        self.assertLessEqual(told.body.start, told.wanted.start)
        self.assertLessEqual(told.wanted.stop, told.body.stop)

    def test_cures(self) -> None:
        """Each trouble has its own."""
        for status, code, headers, expected in (
            (503, "SlowDown", {}, Cure.AGAIN),
            (429, "", {}, Cure.AGAIN),
            (400, "RequestTimeout", {}, Cure.AGAIN),
            (403, "RequestTimeTooSkewed", {}, Cure.CLOCK),
            (403, "ExpiredToken", {}, Cure.KEYS),
            (403, "AccessDenied", {}, Cure.NONE),
            (301, "PermanentRedirect", {"x-amz-bucket-region": "r"}, Cure.REGION),
            (307, "", {"location": "https://x"}, Cure.ELSEWHERE),
            (404, "NoSuchKey", {}, Cure.NONE),
            (501, "NotImplemented", {}, Cure.NONE),
        ):
            self.assertIs(expected, cure(status, Told(code), headers), code or str(status))


class AddressTests(SynchronousTestCase):
    """Where a bucket is."""

    def test_styles(self) -> None:
        """In the name at AWS, in the path elsewhere, and as it is said."""
        for endpoint, bucket, region, style, expected in (
            (None, "b", None, "auto", "https://b.s3.amazonaws.com/k"),
            (None, "b", "eu-west-3", "auto", "https://b.s3.eu-west-3.amazonaws.com/k"),
            (None, "b.c", "cn-north-1", "auto", "https://s3.cn-north-1.amazonaws.com.cn/b.c/k"),
            ("http://h:9000/base/", "b", None, "auto", "http://h:9000/base/b/k"),
            ("https://h:443", "b", None, "virtual", "https://b.h/k"),
            ("http://[::1]:9000", "b", None, "auto", "http://[::1]:9000/b/k"),
        ):
            self.assertEqual(expected, Address.at(endpoint, bucket, region, style).target("GET", "k").url)
        self.assertEqual("https://cdn.example/a%20b/c", public_url("cdn.example", "a b/c"))

    def test_moved(self) -> None:
        """Only within the endpoint's own domain."""
        address = Address.at(None, "b", None, "auto")
        moved = address.moved("https://b.s3.eu-west-3.amazonaws.com/k")
        assert moved is not None
        self.assertEqual("https://b.s3.eu-west-3.amazonaws.com/k", moved.target("GET", "k").url)
        for other in (
            "https://evil.example/",
            "http://b.s3.amazonaws.com/",
            "https://xamazonaws.com/",
            "",
            "https://[/",
        ):
            self.assertIsNone(address.moved(other))
