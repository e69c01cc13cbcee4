"""
Mail going out: by a mail server, or told to the log where there is none.

``EMAIL_CONFIG`` says which::

    smtp://user:password@host:25        in the clear; for a server on this machine
    smtp+tls://user:password@host:587   STARTTLS, or nothing is sent
    smtp+ssl://user:password@host:465   TLS from the first byte
    consolemail://                      the log tells that there was something to send, and to whom
    dummymail://                        nothing at all

Certificates are verified against the host's name.  One letter is one connection: letters are rare, and a connection
that is kept is one more thing that can have died.  Who sends is a job, so that trying again is the queue's business:
:class:`Undeliverable` says that it would not help.

Source: docs/settings.md, ``EMAIL_CONFIG``; RFC 5321; RFC 3207; RFC 8314.
"""

from __future__ import annotations

import enum
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from attrs import field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import optionsForClientTLS
from twisted.logger import Logger
from twisted.mail.smtp import (
    SUCCESS,
    CramMD5ClientAuthenticator,
    ESMTPClient,
    LOGINAuthenticator,
    PLAINAuthenticator,
    SMTPClientError,
)
from twisted.python.failure import Failure

from fwtwisted.model.errors import FwError, RemoteFailed
from fwtwisted.model.letters import Letter
from fwtwisted.wire.letters import Sender, Unaddressable, composed, plain_address


class Undeliverable(FwError):
    """The letter will never be taken: the address is none, or its server says so."""

    text = "The letter cannot be delivered."


class Way(enum.Enum):
    """How letters leave."""

    PLAIN = "smtp"
    STARTTLS = "smtp+tls"
    TLS = "smtp+ssl"
    LOG = "consolemail"
    NOWHERE = "dummymail"


USUAL_PORTS = {Way.PLAIN: 25, Way.STARTTLS: 587, Way.TLS: 465}
OTHER_NAMES = {"smtps": Way.STARTTLS}
"""As Funkwhale's settings files may have it."""


@frozen
class MailPlace:
    """Where letters go first.  :ivar user: None: the server asks for no name."""

    way: Way
    host: str = ""
    port: int = 0
    user: str | None = None
    password: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str) -> MailPlace:
        """
        Read one of the addresses above.

        :raise ValueError: with the end of a sentence that does not repeat the address, as it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("not an address of a mail server: the port or the brackets are wrong") from None
        known = OTHER_NAMES | {way.value: way for way in Way}
        if parts.scheme not in known:
            raise ValueError(f"not an address of a mail server: it begins with {', '.join(known)} and ://")
        way = known[parts.scheme]
        if way not in USUAL_PORTS:
            return cls(way)
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password or "")
        if user and not password:
            raise ValueError("not complete: there is a name, but no password")
        return cls(way, parts.hostname or "localhost", port or USUAL_PORTS[way], user, password)


@frozen
class MailSettings:
    """
    :ivar host_name: what we call ourselves to a mail server.
    :ivar patience_seconds: with a server that does not answer.
    """

    place: MailPlace
    sender: Sender
    host_name: str = "localhost"
    patience_seconds: float = 30.0


class Mail(Protocol):
    """Sends letters."""

    async def send(self, letter: Letter) -> None:
        """
        Have the letter taken by whoever carries it.

        :raise Undeliverable: nobody ever will.  :raise RemoteFailed: not now.
        """


def mail_of(reactor: Any, settings: MailSettings) -> Mail:
    """The way out that the settings ask for."""
    if settings.place.way is Way.LOG:
        return ToldMail()
    if settings.place.way is Way.NOWHERE:
        return NoMail()
    return SmtpMail(reactor, settings)


class NoMail:
    """Sends nothing, and does not speak of it."""

    async def send(self, letter: Letter) -> None:
        """Let the letter go."""


class ToldMail:
    """Sends nothing, and says so.  Links stand in the text, which only the level ``debug`` shows."""

    _log = Logger()

    async def send(self, letter: Letter) -> None:
        """Tell of the letter."""
        self._log.info(
            'no mail server is set (EMAIL_CONFIG): nothing was sent to {to}: "{subject}"',
            event="mail.unsent", to=letter.to, subject=letter.subject,
        )  # fmt: skip
        self._log.debug("the letter was:\n{text}", event="mail.text", text=letter.text)


class SmtpMail:
    """
    Sends letters by a mail server.

    :param trust: whose certificates are believed; None: those that the system believes.
    """

    _log = Logger()

    def __init__(self, reactor: Any, settings: MailSettings, trust: Any = None) -> None:
        self._reactor, self._settings = reactor, settings
        self._trust = {} if trust is None else {"trustRoot": trust}

    async def send(self, letter: Letter) -> None:
        """Hand the letter over.  :raise Undeliverable:  :raise RemoteFailed:"""
        settings = self._settings
        now = datetime.fromtimestamp(self._reactor.seconds(), UTC)
        message_id = f"<{secrets.token_hex(16)}@{settings.host_name}>"
        try:
            to = plain_address(letter.to)
            body = composed(letter, settings.sender, now, message_id)
        except Unaddressable as wrong:
            raise Undeliverable(f"Nobody can be written to there: {wrong}.") from wrong
        await self._carry(_Errand(settings.sender.address, to, body))
        self._log.debug('a letter left: "{subject}"', event="mail.sent", subject=letter.subject)

    async def _carry(self, errand: _Errand) -> None:
        place = self._settings.place
        factory = Factory.forProtocol(lambda: self._courier(errand))
        factory.noisy = False
        try:
            courier: Any = await self._endpoint().connect(factory)
        except (ConnectError, DNSLookupError) as away:
            raise RemoteFailed(f"The mail server {place.host} cannot be reached: {away}") from away
        trouble: FwError | None = await courier.came_back
        if trouble is not None:
            raise trouble

    def _endpoint(self) -> IStreamClientEndpoint:
        place = self._settings.place
        there = HostnameEndpoint(self._reactor, place.host, place.port, timeout=self._settings.patience_seconds)
        return wrapClientTLS(self._security(), there) if place.way is Way.TLS else there

    def _security(self) -> Any:
        return optionsForClientTLS(self._settings.place.host, **self._trust)

    def _courier(self, errand: _Errand) -> _Courier:
        place, settings = self._settings.place, self._settings
        identity = settings.host_name.encode("ascii", "replace")
        courier = _Courier(errand, place.password.encode(), identity, settings.patience_seconds)
        if place.way is Way.STARTTLS:
            courier.context, courier.requireTransportSecurity = self._security(), True
        if place.user is not None:
            courier.requireAuthentication = True
            for method in (CramMD5ClientAuthenticator, PLAINAuthenticator, LOGINAuthenticator):
                courier.registerAuthenticator(method(place.user.encode()))
        courier.heloFallback = place.way is not Way.STARTTLS and place.user is None
        return courier


@frozen
class _Errand:
    """One letter to one address."""

    sender: str
    to: str
    body: bytes = field(repr=False)


class _Courier(ESMTPClient):
    """
    Carries one letter to a mail server.

    :ivar came_back: fires when the connection is over, with what went wrong, or None.
    """

    transport: Any
    timeout: Any

    def __init__(self, errand: _Errand, secret: bytes, identity: bytes, patience_seconds: float) -> None:
        ESMTPClient.__init__(self, secret, None, identity)
        self.timeout = patience_seconds
        self._senders: Iterator[str | None] = iter((errand.sender,))
        self._errand = errand
        self._is_over = False
        self._trouble: FwError | None = None
        self.came_back: Deferred[FwError | None] = Deferred(self._recalled)

    def getMailFrom(self) -> str | None:
        """The sender, once; then nobody: the errand is done."""
        return next(self._senders, None)

    def getMailTo(self) -> list[bytes]:
        """The one address."""
        return [self._errand.to.encode("ascii")]

    def getMailData(self) -> BinaryIO:
        """The letter."""
        return BytesIO(self._errand.body)

    def sentMail(
        self, code: int, resp: bytes | str, numOk: int, addresses: list[tuple[bytes, int, bytes]], log: object
    ) -> None:
        """The server took the letter, or will not."""
        said = addresses[-1][2] if addresses and not numOk else resp
        told = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        if code in SUCCESS:
            self._over(None)
        elif 500 <= code < 600:
            self._over(Undeliverable(f"The mail server refuses the letter: {code} {told}"))
        else:
            self._over(RemoteFailed(f"The mail server does not take the letter now: {code} {told}"))

    def sendError(self, exc: Exception) -> None:
        """It did not come to that."""
        if self._is_over:  # it stalls over its farewell
            self.transport.abortConnection()
            return
        told = exc.resp.decode("utf-8", "replace") if isinstance(exc, SMTPClientError) else str(exc)
        code = f"{exc.code} " if isinstance(exc, SMTPClientError) and exc.code > 0 else ""
        self._over(RemoteFailed(f"The mail server did not go along: {code}{told}"))
        ESMTPClient.sendError(self, exc)

    def _over(self, trouble: FwError | None) -> None:
        if not self._is_over:
            self._is_over, self._trouble = True, trouble

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """Nothing more will be said."""
        ESMTPClient.connectionLost(self, reason)
        self._over(RemoteFailed(f"The mail server hung up: {reason.getErrorMessage()}"))
        if not self.came_back.called:
            self.came_back.callback(self._trouble)

    def _recalled(self, waiting: Deferred[FwError | None]) -> None:
        """Whoever waited has left."""
        self.transport.abortConnection()
        waiting.errback(CancelledError())
