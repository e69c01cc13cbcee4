"""Letters on their way to a real mail server."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.ssl import Certificate
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model.errors import RemoteFailed
from fwtwisted.model.letters import Letter
from fwtwisted.outside.mail import MailPlace, MailSettings, NoMail, SmtpMail, ToldMail, Undeliverable, Way, mail_of
from fwtwisted.wire.letters import Sender
from tests.post import Habits, PostOffice, certificate_for
from tests.servers import free_port
from tests.waiting import GUARD_SECONDS

SENDER = Sender("Pod", "noreply@pod.example")
LETTER = Letter("ada@mail.example", "Hello", "Dear Ada,\n\n.a line with a dot\n\nhttps://pod.example/?key=secret\n")


class SmtpCase(TestCase):
    """A post office and a way there."""

    timeout = GUARD_SECONDS

    def mail(self, url: str, trust: Certificate | None = None, patience: float = 5.0) -> SmtpMail:
        return SmtpMail(reactor, MailSettings(MailPlace.at(url), SENDER, "pod.example", patience), trust)

    async def fails(self, mail: SmtpMail, kind: type[Exception]) -> str:
        """What sending a letter says when it fails."""
        with self.assertRaises(kind) as caught:
            await mail.send(LETTER)
        self.assertIs(kind, type(caught.exception))
        return str(caught.exception)


class SendingTests(SmtpCase):
    """``SmtpMail.send``."""

    async def test_a_letter_arrives(self) -> None:
        """Word for word, from whom and to whom it should."""
        office = PostOffice(self)
        await self.mail(office.url()).send(LETTER)
        (found,) = office.letters
        self.assertEqual(("noreply@pod.example", "ada@mail.example"), (found.sender, found.to))
        self.assertEqual(LETTER.text, found.text.replace("\r\n", "\n"))
        self.assertEqual("Pod <noreply@pod.example>", str(found.message["From"]))
        self.assertFalse(found.secured)

    async def test_with_starttls_and_a_password(self) -> None:
        """The password goes over a line that is secured and verified."""
        certificate, trust = certificate_for("localhost")
        office = PostOffice(self, Habits(certificate, users={"post": "pa:ss@word"}))
        await self.mail(office.url("smtp+tls", "post:pa%3Ass%40word"), trust).send(LETTER)
        self.assertEqual((True, "post"), (office.letters[0].secured, office.letters[0].user))

    async def test_with_tls_from_the_first_byte(self) -> None:
        """As on port 465."""
        certificate, trust = certificate_for("localhost")
        office = PostOffice(self, Habits(certificate, implicit_tls=True, users={"post": "word"}))
        await self.mail(office.url("smtp+ssl", "post:word"), trust).send(LETTER)
        self.assertEqual((True, "post"), (office.letters[0].secured, office.letters[0].user))

    async def test_who_cannot_be_verified(self) -> None:
        """A certificate of nobody we know, or for another name, gets no letter and no password."""
        ours, _ = certificate_for("localhost")
        other, trust = certificate_for("elsewhere.example")
        for certificate, believed in ((ours, None), (other, trust)):
            for way, implicit in (("smtp+tls", False), ("smtp+ssl", True)):
                office = PostOffice(self, Habits(certificate, implicit_tls=implicit, users={"post": "word"}))
                await self.fails(self.mail(office.url(way, "post:word"), believed), RemoteFailed)
                self.assertEqual([], office.letters)

    async def test_no_security_where_it_is_asked_for(self) -> None:
        """Nothing is sent in the clear when ``smtp+tls`` was set."""
        office = PostOffice(self)
        await self.fails(self.mail(office.url("smtp+tls")), RemoteFailed)
        self.assertEqual([], office.letters)

    async def test_a_wrong_password(self) -> None:
        """May be set right, so the letter waits; the password is not told."""
        certificate, trust = certificate_for("localhost")
        office = PostOffice(self, Habits(certificate, users={"post": "word"}))
        told = await self.fails(self.mail(office.url("smtp+tls", "post:other"), trust), RemoteFailed)
        self.assertNotIn("other", told)

    async def test_a_server_that_knows_no_passwords(self) -> None:
        """A name was set, so it is not sent without."""
        office = PostOffice(self)
        await self.fails(self.mail(office.url("smtp", "post:word")), RemoteFailed)

    async def test_what_is_refused_for_ever_and_for_now(self) -> None:
        """5xx will not help to try again, 4xx may."""
        office = PostOffice(self, Habits(refusals={LETTER.to: (550, "No such person")}))
        self.assertIn("550 No such person", await self.fails(self.mail(office.url()), Undeliverable))
        office.habits.refusals[LETTER.to] = (451, "Come back later")
        self.assertIn("451 Come back later", await self.fails(self.mail(office.url()), RemoteFailed))

    async def test_nobody_there(self) -> None:
        """A server that is not running."""
        await self.fails(self.mail(f"smtp://localhost:{free_port()}"), RemoteFailed)

    async def test_a_server_that_says_nothing(self) -> None:
        """Within the patience."""
        office = PostOffice(self, Habits(mute=True))
        await self.fails(self.mail(office.url(), patience=0.2), RemoteFailed)

    async def test_who_waits_may_leave(self) -> None:
        """The connection goes with them."""
        office = PostOffice(self, Habits(mute=True))
        sending = Deferred.fromCoroutine(self.mail(office.url()).send(LETTER))
        connected: Deferred[None] = Deferred()
        loop: Any = reactor
        loop.callLater(0.2, connected.callback, None)
        await connected
        sending.cancel()
        with self.assertRaises(CancelledError):
            await sending

    async def test_an_address_that_is_none(self) -> None:
        """Never leaves the house."""
        for to in ("ä@mail.example", "ada", "ada@", "ada>\r\nRCPT TO:<bob@mail.example", "a b@mail.example"):
            with self.assertRaises(Undeliverable):
                await self.mail("smtp://localhost:1").send(Letter(to, "x", "y\n"))


class ToldTests(TestCase):
    """Pods without a mail server."""

    async def test_what_would_have_been_sent(self) -> None:
        """Is told with its subject; the text, which holds links, only at the level ``debug``."""
        with capturedLogs() as events:
            await ToldMail().send(LETTER)
        told, detail = events
        self.assertEqual(("mail.unsent", LogLevel.info), (told["event"], told["log_level"]))
        self.assertNotIn("secret", str({name: value for name, value in told.items() if name != "log_source"}))
        self.assertIs(LogLevel.debug, detail["log_level"])

    async def test_nothing_at_all(self) -> None:
        """``dummymail://``"""
        with capturedLogs() as events:
            await NoMail().send(LETTER)
        self.assertEqual([], events)


class PlaceTests(SynchronousTestCase):
    """``MailPlace.at``."""

    def test_what_can_be_set(self) -> None:
        """Each way, with its usual port."""
        for url, place in (
            ("smtp://mail.example", MailPlace(Way.PLAIN, "mail.example", 25)),
            ("smtp://a:b@mail.example:26", MailPlace(Way.PLAIN, "mail.example", 26, "a", "b")),
            ("smtp+tls://a%40x:b%2Fc@mail.example", MailPlace(Way.STARTTLS, "mail.example", 587, "a@x", "b/c")),
            ("smtp+ssl://mail.example", MailPlace(Way.TLS, "mail.example", 465)),
            ("smtps://mail.example", MailPlace(Way.STARTTLS, "mail.example", 587)),
            ("smtp://", MailPlace(Way.PLAIN, "localhost", 25)),
            ("consolemail://", MailPlace(Way.LOG)),
            ("dummymail://", MailPlace(Way.NOWHERE)),
        ):
            self.assertEqual(place, MailPlace.at(url))

    def test_what_cannot(self) -> None:
        """Told without the password."""
        for url in ("", "mail.example", "http://secret", "smtp://a:secret@host:x", "smtp://a@host", "smtp://[a"):
            with self.assertRaises(ValueError) as caught:
                MailPlace.at(url)
            self.assertNotIn("secret", str(caught.exception))

    def test_the_way_out(self) -> None:
        """Follows from the place."""
        for url, kind in (("smtp://x", SmtpMail), ("consolemail://", ToldMail), ("dummymail://", NoMail)):
            self.assertIsInstance(mail_of(reactor, MailSettings(MailPlace.at(url), SENDER)), kind)
