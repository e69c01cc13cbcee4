"""
Letters as the bytes that a mail server takes.

What people wrote (names of accounts, of the pod) stands in subjects, so every line break is folded into a blank
before anything becomes a header.  Source: RFC 5322; RFC 2047 for what is not ASCII; RFC 3834 for ``Auto-Submitted``.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from attrs import frozen

from fwtwisted.model.letters import Letter
from fwtwisted.wire.printable import seen

LONGEST_SUBJECT = 200  # characters; longer ones are cut
LONGEST_PLAIN = 8_000  # characters; Twisted doubles leading dots within pieces of 16 KiB, but not between two of them
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
POLICY = SMTP.clone(linesep="\n")  # the sender of bytes makes line ends of its own


class Unaddressable(ValueError):
    """No mail server would know this address; the text says why."""


@frozen
class Sender:
    """Whom letters come from.  :ivar name: for people; may be empty.  :ivar address: for mail servers."""

    name: str
    address: str

    @classmethod
    def read(cls, text: str) -> Sender:
        """Read ``Name <local@host>`` or ``local@host``.  :raise ValueError: it is neither."""
        name, address = parseaddr(text)
        try:
            return cls(one_line(name), plain_address(address))
        except Unaddressable as wrong:
            raise ValueError("must be an address such as Pod <noreply@pod.example>") from wrong


def one_line(text: str) -> str:
    """The text without line breaks or other control characters, and without what turns its direction."""
    return " ".join(seen(CONTROLS.sub(" ", text)).split())


def plain_address(address: str) -> str:
    """
    The address in ASCII: international host names in their ``xn--`` form.

    :raise Unaddressable: it has no host, or a part before the ``@`` that needs more than ASCII.
    """
    local, at, host = address.rpartition("@")
    if not at or len(address) > 254 or not PLAIN_LOCAL.fullmatch(local):
        raise Unaddressable("the part before the @ cannot be written to")
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError as wrong:
        raise Unaddressable("the host name cannot be written to") from wrong
    if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", name):
        raise Unaddressable("the host name cannot be written to")
    return f"{local}@{name}"


def composed(letter: Letter, sender: Sender, written: datetime, message_id: str) -> bytes:
    """
    The letter as bytes, lines ending with a line feed; no line begins with a dot that the text does not have there.

    :param written: an aware time.
    :param message_id: unique, with the angle brackets.
    :raise Unaddressable: nobody can be written to there.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=plain_address(letter.to))
    message["Subject"] = one_line(letter.subject)[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(written)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="7bit" if _is_plain(letter.text) else "base64")
    return message.as_bytes()


def _is_plain(text: str) -> bool:
    """Whether the text may travel as it is: ASCII, short, in lines that every server takes."""
    return text.isascii() and len(text) < LONGEST_PLAIN and all(len(line) < 990 for line in text.split("\n"))
