"""Letters as bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.letters import Letter
from fwtwisted.wire.letters import Sender, Unaddressable, composed, one_line, plain_address

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENDER = Sender("Pöd, the", "noreply@pod.example")
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
    "MIME-Version",
]  # fmt: skip


def read(body: bytes) -> EmailMessage:
    """The letter of these bytes."""
    found = message_from_bytes(body, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


class ComposedTests(SynchronousTestCase):
    """``composed``."""

    def test_what_is_not_ascii(self) -> None:
        """Travels encoded, and is read as it was written."""
        body = composed(Letter("ada@bücher.example", "Grüße 🎵", "Ça va?\n.dot\n"), SENDER, NOW, "<1@pod.example>")
        self.assertTrue(body.isascii())
        self.assertNotIn(b"\r", body)
        self.assertFalse(any(line.startswith(b".") for line in body.split(b"\n")))
        found = read(body)
        self.assertEqual("Grüße 🎵", found["Subject"])
        self.assertEqual("ada@xn--bcher-kva.example", found["To"].addresses[0].addr_spec)
        self.assertEqual(("Pöd, the", "noreply@pod.example"), (SENDER.name, found["From"].addresses[0].addr_spec))
        self.assertEqual("Pöd, the", found["From"].addresses[0].display_name)
        self.assertEqual("Ça va?\n.dot\n", found.get_content())

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=300), st.text(max_size=500))
    def test_nobody_writes_headers(self, subject: str, text: str) -> None:
        """Whatever stands in subject and text: the headers are ours, one each."""
        letter = Letter("ada@mail.example", subject, text)
        try:
            body = composed(letter, SENDER, NOW, "<1@pod.example>")
        except UnicodeEncodeError:
            return  # half a character: no text that came to us has one
        self.assertEqual(HEADERS, list(read(body).keys()))

    def test_line_breaks_in_a_subject(self) -> None:
        """Are blanks."""
        letter = Letter("ada@mail.example", "x\r\nBcc: eve@mail.example\u2028y", "z\n")
        found = read(composed(letter, SENDER, NOW, "<1@pod.example>"))
        self.assertEqual("x Bcc: eve@mail.example y", found["Subject"])
        self.assertNotIn("Bcc", found)

    def test_a_long_subject(self) -> None:
        """Is cut, and folded."""
        body = composed(Letter("ada@mail.example", "word " * 500, "z\n"), SENDER, NOW, "<1@pod.example>")
        self.assertTrue(all(len(line) < 100 for line in body.split(b"\n")))


class AddressTests(SynchronousTestCase):
    """``Sender.read`` and ``plain_address``."""

    def test_senders(self) -> None:
        """With and without a name."""
        self.assertEqual(Sender("A Pod", "a@pod.example"), Sender.read("A Pod <a@pod.example>"))
        self.assertEqual(Sender("", "a@pod.example"), Sender.read("a@pod.example"))
        for text in ("", "A Pod", "A <b>", "a@b@c d"):
            with self.assertRaises(ValueError):
                Sender.read(text)

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=80) | st.emails())
    def test_any_text(self, text: str) -> None:
        """Is an address that fits on a mail server's line, or is refused."""
        try:
            plain = plain_address(text)
        except Unaddressable:
            return
        self.assertTrue(plain.isascii() and plain == one_line(plain) and not set(plain) & set("<> \r\n"))
