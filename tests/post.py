"""A mail server in the test's process: Twisted's own, with STARTTLS, TLS and AUTH."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import CramMD5Credentials
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, PrivateCertificate
from twisted.mail.imap4 import PLAINCredentials
from twisted.mail.smtp import ESMTP, IMessage, IMessageDelivery, LOGINCredentials, SMTPServerError
from twisted.trial.unittest import TestCase
from zope.interface import implementer

LINK = re.compile(r"https?://\S+")


@frozen
class Delivered:
    """A letter that arrived.  :ivar secured: over TLS.  :ivar user: who had signed in."""

    sender: str
    to: str
    raw: bytes
    secured: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The letter, read."""
        read = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def text(self) -> str:
        """What it says."""
        return str(self.message.get_content())

    @property
    def link(self) -> str:
        """The first address in it."""
        found = LINK.search(self.text)
        assert found is not None, self.text
        return found[0]


@frozen
class Habits:
    """
    What a mail server is like.

    :ivar certificate: for STARTTLS, or for TLS from the first byte.
    :ivar users: name and password of those who may send; without any, everybody.
    :ivar refusals: code and words for addresses that are not taken.
    :ivar mute: takes connections and says nothing.
    """

    certificate: PrivateCertificate | None = None
    implicit_tls: bool = False
    users: Mapping[str, str] = field(factory=dict)
    refusals: dict[str, tuple[int, str]] = field(factory=dict)
    mute: bool = False


def certificate_for(*names: str) -> tuple[PrivateCertificate, Certificate]:
    """A certificate with its key, and as its own trust root."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = made.public_bytes(pem)
    return PrivateCertificate.loadPEM(secret + public), Certificate.loadPEM(public)


class PostOffice:
    """
    A mail server on a loopback port, for as long as the test (or without one, the process) lasts.

    :ivar letters: what arrived, in order.
    """

    def __init__(self, case: TestCase | None, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.letters: list[Delivered] = []
        self._waiting: list[tuple[int, Deferred[None]]] = []
        factory = Factory.forProtocol(self._answer)
        factory.noisy = False
        loop: Any = reactor
        if self.habits.implicit_tls:
            assert self.habits.certificate is not None
            listening = loop.listenSSL(0, factory, self.habits.certificate.options(), interface="127.0.0.1")
        else:
            listening = loop.listenTCP(0, factory, interface="127.0.0.1")
        self.port: int = listening.getHost().port
        if case is not None:
            case.addCleanup(listening.stopListening)

    def url(self, way: str = "smtp", user: str = "") -> str:
        """What ``EMAIL_CONFIG`` says of it.  :param user: ``name:password``."""
        return f"{way}://{user + '@' if user else ''}localhost:{self.port}"

    def to(self, address: str) -> list[Delivered]:
        """What arrived for an address."""
        return [letter for letter in self.letters if letter.to == address]

    async def received(self, count: int) -> list[Delivered]:
        """Wait until so many letters have arrived."""
        if len(self.letters) < count:
            waiting: Deferred[None] = Deferred()
            self._waiting.append((count, waiting))
            await waiting
        return self.letters

    def take(self, letter: Delivered) -> None:
        """A letter arrived."""
        self.letters.append(letter)
        for one in [one for one in self._waiting if one[0] <= len(self.letters)]:
            self._waiting.remove(one)
            one[1].callback(None)

    def _answer(self) -> Protocol:
        if self.habits.mute:
            return Protocol()
        habits = self.habits
        challenges: Any = {b"PLAIN": PLAINCredentials, b"LOGIN": LOGINCredentials, b"CRAM-MD5": CramMD5Credentials}
        context = None if habits.certificate is None or habits.implicit_tls else habits.certificate.options()
        talk: Any = _Talk(challenges if habits.users else None, context)
        talk.host = b"localhost"
        if habits.users:
            checker = InMemoryUsernamePasswordDatabaseDontUse()
            for name, password in habits.users.items():
                checker.addUser(name.encode(), password.encode())
            talk.portal = Portal(_Realm(self, talk), [checker])
        else:
            talk.delivery = _Counter(self, talk, None)
        return talk


class _Talk(ESMTP):
    noisy = False


@implementer(IRealm)
class _Realm:
    def __init__(self, office: PostOffice, talk: Any) -> None:
        self._office, self._talk = office, talk

    def requestAvatar(self, avatarId: Any, mind: object, *interfaces: Any) -> Any:
        return IMessageDelivery, _Counter(self._office, self._talk, avatarId.decode()), lambda: None


@implementer(IMessageDelivery)
class _Counter:
    def __init__(self, office: PostOffice, talk: Any, user: str | None) -> None:
        self._office, self._talk, self._user = office, talk, user
        self._sender = ""

    def receivedHeader(self, helo: object, origin: object, recipients: object) -> bytes:
        return b""

    def validateFrom(self, helo: object, origin: Any) -> Any:
        if self._office.habits.users and self._user is None:
            raise SMTPServerError(530, "Authentication required")
        self._sender = str(origin)
        return origin

    def validateTo(self, user: Any) -> Any:
        to = str(user.dest)
        if to in self._office.habits.refusals:
            raise SMTPServerError(*self._office.habits.refusals[to])
        secured = self._office.habits.implicit_tls or bool(self._talk.startedTLS)
        return lambda: _Received(self._office, self._sender, to, secured, self._user)


@implementer(IMessage)
class _Received:
    def __init__(self, office: PostOffice, sender: str, to: str, secured: bool, user: str | None) -> None:
        self._office, self._about = office, (secured, user)
        self._sender, self._to = sender, to
        self._lines: list[bytes] = []

    def lineReceived(self, line: bytes) -> None:
        self._lines.append(line)

    def eomReceived(self) -> Deferred[None]:
        raw = b"\r\n".join(self._lines) + b"\r\n"
        self._office.take(Delivered(self._sender, self._to, raw, *self._about))
        return succeed(None)

    def connectionLost(self) -> None:
        self._lines = []
