"""What hangs where of the federation."""

from __future__ import annotations

from fwtwisted.core.fediverse.publishing.room import Publishing
from fwtwisted.core.fediverse.receiving.intake import Intake
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.web.federation.actors import Actors
from fwtwisted.web.federation.discovery import WellKnown
from fwtwisted.web.federation.documents import Documents
from fwtwisted.web.federation.inboxes import LARGEST_POST, OwnInboxes, SharedInbox
from fwtwisted.web.federation.indexes import Index, Reports, Terms
from fwtwisted.web.federation.music import Music
from fwtwisted.web.federation.pages import Pages
from fwtwisted.web.site import Mount


def mounts(publishing: Publishing, intake: Intake, preference: ReadPreference) -> list[Mount]:
    """Every prefix and what hangs there."""
    documents = Documents(publishing.gate)
    return [
        Mount("/federation/actors", Actors(documents, publishing.showcase).app.resource()),
        Mount("/federation/actors", OwnInboxes(intake, preference).app.resource(), LARGEST_POST),
        Mount("/federation/shared", SharedInbox(intake, preference).app.resource(), LARGEST_POST),
        Mount("/federation/music", Music(documents, publishing.showcase).app.resource()),
        Mount("/federation/index", Index(documents, publishing.indexes).app.resource()),
        Mount("/federation/reports", Reports(documents).app.resource()),
        Mount("/ns", Terms(publishing.showcase).app.resource()),
        Mount("/.well-known", WellKnown(documents, publishing.finding).app.resource()),
    ]


def pages(publishing: Publishing) -> Pages:
    """What answers in the place of pages."""
    return Pages(Documents(publishing.gate), publishing.finding)
