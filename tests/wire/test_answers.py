"""Answers of HTTP/1.1 as they come, in any pieces, whole and broken (docs/federation.md §8.1)."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.answers import LARGEST_HEAD, AnswerReader, BadAnswer, LongHead

PLAIN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\nRetry-After:  7 \r\nX: a\r\nx: b\r\n\r\nyes"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\n5\r\npedia\r\n0\r\nX: y\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\nuntil the end"
INFORMED = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + PLAIN


def read(*pieces: bytes, largest: int = 1000) -> AnswerReader:
    """What comes of some pieces."""
    reader = AnswerReader(largest)
    for piece in pieces:
        reader.feed(piece)
    return reader


class AnswerTests(SynchronousTestCase):
    """One answer."""

    def test_counted(self) -> None:
        """The status, headers by lower-case name, and as many bytes as were promised; another question may follow."""
        for whole in (PLAIN, INFORMED):
            seen = read(whole)
            self.assertTrue(seen.is_whole and seen.may_go_on)
            self.assertEqual((seen.status, seen.body, seen.headers["retry-after"]), (202, b"yes", "7"))
            self.assertEqual(seen.headers["x"], "b")

    def test_chunks(self) -> None:
        """Put together, their extensions and trailers passed over."""
        seen = read(CHUNKS)
        self.assertTrue(seen.is_whole and seen.may_go_on)
        self.assertEqual(seen.body, b"Wikipedia")

    def test_until_the_end(self) -> None:
        """Without a length the end of the connection is the end, and only there."""
        seen = read(ENDLESS)
        self.assertFalse(seen.is_whole)
        self.assertTrue(seen.ended())
        self.assertEqual((seen.body, seen.may_go_on), (b"until the end", False))
        self.assertFalse(read(PLAIN[:-1]).ended())
        self.assertFalse(read(CHUNKS[:-1]).ended())
        self.assertFalse(read(b"").ended())

    def test_no_body(self) -> None:
        """Some kinds of answers have none, whatever they say."""
        for status in (b"204 No Content", b"304 Not Modified"):
            seen = read(b"HTTP/1.1 " + status + b"\r\nContent-Length: 9\r\n\r\n")
            self.assertTrue(seen.is_whole and seen.may_go_on)
        self.assertTrue(read(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").is_whole)

    def test_in_any_pieces(self) -> None:
        """It does not matter where the network cuts."""
        for whole in (PLAIN, CHUNKS, INFORMED):
            expected = read(whole)
            for _ in range(50):
                cuts = sorted(random.Random(_).sample(range(len(whole)), 5))
                pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
                seen = read(*pieces)
                self.assertTrue(seen.is_whole and seen.may_go_on)
                self.assertEqual((seen.status, seen.body), (expected.status, expected.body))

    def test_cut(self) -> None:
        """Of a long body the beginning is kept, and the connection is of no further use; one that fits is whole."""
        for head in (b"Content-Length: 2000", b"Transfer-Encoding: chunked", b"X: y"):
            size = b"7d0\r\n" if head.startswith(b"Tr") else b""
            seen = read(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + size + b"x" * 1500)
            self.assertEqual((seen.is_whole, seen.may_go_on, len(seen.body)), (True, False, 1000), head)
        fits = read(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)
        self.assertTrue(fits.is_whole and fits.may_go_on)

    def test_the_last_on_its_connection(self) -> None:
        """Old servers, those that say so, those that contradict themselves, and those that say more than was asked."""
        for whole in (
            PLAIN.replace(b"1.1", b"1.0"),
            PLAIN.replace(b"X: a", b"Connection: foo, Close"),
            CHUNKS.replace(b"\r\n\r\n4", b"\r\nContent-Length: 4\r\n\r\n4"),
            PLAIN + b"H",
        ):
            seen = read(whole)
            self.assertEqual((seen.is_whole, seen.may_go_on), (True, False), whole)

    def test_broken(self) -> None:
        """What is no answer is refused."""
        for whole in (
            b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"hello\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", b"HTTP/1.1 200 OK\r\nna me: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            CHUNKS.replace(b"4;a=b", b"4g"), CHUNKS.replace(b"Wiki\r\n", b"Wikipe"), CHUNKS.replace(b"4;", b"4" * 2000),
        ):  # fmt: skip
            with self.assertRaises(BadAnswer, msg=whole):
                read(whole)

    def test_folded(self) -> None:
        """Long values in the old manner are one value."""
        self.assertEqual(read(b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\r\n").headers["x"], "a b")

    def test_long_heads(self) -> None:
        """A head without end, in one piece, in many, or as trailers, ends the reading."""
        piece = b"X: " + b"y" * 1000 + b"\r\n"
        heads = (
            [b"HTTP/1.1 200 OK\r\n" + piece * (LARGEST_HEAD // 900)],
            [b"HTTP/1.1 200 OK\r\n", *[piece] * (LARGEST_HEAD // 900)],
            [b"HTTP/1.1 100 Continue\r\n\r\n" * (LARGEST_HEAD // 20)],
            [CHUNKS[:-4], b"\r\n", *[b"X: " + b"y" * 900 + b"\r\n"] * (LARGEST_HEAD // 800)],
        )
        for pieces in heads:
            with self.assertRaises(LongHead):
                read(*pieces)

    @given(st.binary(max_size=200), st.sampled_from([PLAIN, CHUNKS, ENDLESS, b""]), st.integers(0, 80))
    def test_anything(self, noise: bytes, whole: bytes, at: int) -> None:
        """Whatever comes, it is read or refused."""
        try:
            seen = read(whole[:at] + noise + whole[at:])
        except BadAnswer:
            return
        self.assertLessEqual(len(seen.body), 1000)
