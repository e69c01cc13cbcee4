"""
What letters say.

Each is a few paragraphs, wrapped for readers that do not; links stand on lines of their own, whole.  Words of other
people are folded into one line each and marked, so that nobody can write in the pod's name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from urllib.parse import urlencode

from attrs import field, frozen

from fwtwisted.model.letters import Letter
from fwtwisted.model.people import Account
from fwtwisted.model.reports import Report
from fwtwisted.wire.letters import one_line

WIDTH = 72
LONGEST_ANSWER = 500  # characters of an answer that moderators are mailed; the rest is on the page


@frozen
class Letterhead:
    """
    Who writes.

    :ivar pod_name: as people call it.
    :ivar url: the pod's public address, without a slash at the end.
    :ivar prefix: what subjects begin with.
    """

    pod_name: str = field(converter=one_line)
    url: str
    prefix: str = ""

    def confirmation(self, account: Account, email: str, key: str) -> Letter:
        """Is this address yours?  :param key: the secret of the link."""
        link = f"{self.url}/auth/email/confirm?{urlencode({'key': key})}"
        return self._letter(
            email,
            "Please confirm your e-mail address",
            f"Hello {account.username},",
            f"somebody, most likely you, gave this e-mail address for your account on {self.pod_name}. "
            "If it was you, please confirm it by opening this page:",
            link,
            "If it was not, do nothing: without that the address is not used.",
        )

    def new_password(self, account: Account, token: str, hours: int) -> Letter:
        """How to choose a new password.  :param token: the secret of the link."""
        link = f"{self.url}/auth/password/reset/confirm?{urlencode({'uid': account.id, 'token': token})}"
        return self._letter(
            account.email,
            "Choose a new password",
            f"Hello {account.username},",
            f"somebody, most likely you, asked for a new password for your account on {self.pod_name}. "
            f"You can choose it on this page, once, within {hours} hours:",
            link,
            "If it was not you, do nothing: your password stays as it is.",
        )

    def request(self, to: str, account: Account, answers: Mapping[str, object] | None) -> Letter:
        """Somebody wants to be let in; for a moderator."""
        told = [f"> {one_line(label)}: {_short(str(answer))}" for label, answer in (answers or {}).items()]
        return self._letter(
            to,
            f"{account.username} asks to be let in",
            f"{account.username} signed up on {self.pod_name} and waits for a moderator's answer.",
            *(["What they wrote:", *told] if told else []),
            "Approve or refuse it here:",
            f"{self.url}/manage/moderation/requests",
        )

    def report(self, to: str, report: Report) -> Letter:
        """Somebody finds something wrong; for a moderator."""
        target, submitter = report.target, report.submitter
        about = "something that is gone" if target is None else f"{target.kind.value} {one_line(str(target.name))}"
        who = "a visitor" if submitter is None else submitter.actor.full_username
        return self._letter(
            to,
            f"A report about {about}",
            f"On {self.pod_name}, {who} reports {about} ({report.type}).",
            *(["What they wrote:", f"> {_short(report.summary)}"] if report.summary else []),
            "See to it here:",
            f"{self.url}/manage/moderation/reports/{report.uuid}",
        )

    def approved(self, account: Account) -> Letter:
        """Come in."""
        return self._letter(
            account.email,
            "Your account is open",
            f"Hello {account.username},",
            f"a moderator of {self.pod_name} has approved your account. You can sign in now:",
            f"{self.url}/login",
        )

    def refused(self, account: Account) -> Letter:
        """Not this time."""
        return self._letter(
            account.email,
            "Your account was not approved",
            f"Hello {account.username},",
            f"the moderators of {self.pod_name} have decided not to approve your account.",
        )

    def _letter(self, to: str, subject: str, *paragraphs: str) -> Letter:
        said = "\n\n".join(_wrapped(paragraph) for paragraph in (*paragraphs, f"{self.pod_name}\n{self.url}"))
        return Letter(to, one_line(f"{self.prefix}{subject}"), said + "\n")


def _wrapped(paragraph: str) -> str:
    """Lines that are not too long; a word that is (a link) is not broken."""
    if paragraph.startswith("> "):
        return textwrap.fill(paragraph, WIDTH, subsequent_indent="> ", break_long_words=False, break_on_hyphens=False)
    lines = (one_line(line) for line in paragraph.split("\n"))
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in lines)


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_ANSWER else f"{line[:LONGEST_ANSWER]}…"
