"""Everything by which people come in and keep their account, built together."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from fwtwisted.core.people.accounts import Accounts
from fwtwisted.core.people.addresses import Addresses
from fwtwisted.core.people.invitations import Invitations, InvitationsSettings
from fwtwisted.core.people.mailing import Mailing, MailingSettings
from fwtwisted.core.people.members import Members
from fwtwisted.core.people.registration import Registration, RegistrationSettings
from fwtwisted.core.people.resets import PasswordResets
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal, SubsonicTokens
from fwtwisted.core.people.user_requests import UserRequests
from fwtwisted.core.pod.live import Tell
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.outside.mail import Mail


@frozen
class ArrivalsSettings:
    """What the parts are told."""

    registration: RegistrationSettings
    mailing: MailingSettings
    invitations: InvitationsSettings


class Arrivals:
    """The parts, by what they are for."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        seal: SubsonicSeal,
        mail: Mail,
        preference: ReadPreference,
        ring: Ring,
        tell: Tell,
        settings: ArrivalsSettings,
    ) -> None:
        self.registration = Registration(database, accounts, preference, ring, tell, settings.registration)
        self.mailing = Mailing(database, mail, preference, settings.mailing)
        self.addresses = Addresses(database, accounts, ring)
        self.resets = PasswordResets(database, accounts, ring)
        self.subsonic = SubsonicTokens(database, seal, preference)
        self.invitations = Invitations(database, settings.invitations)
        self.requests = UserRequests(database, ring)
        self.members = Members(database, ring)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return self.mailing.jobs()

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return self.mailing.schedules()
