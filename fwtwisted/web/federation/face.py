"""What hangs where of the federation."""

from __future__ import annotations

from fwtwisted.core.fediverse.publishing.room import Publishing
from fwtwisted.web.federation.actors import Actors
from fwtwisted.web.federation.discovery import WellKnown
from fwtwisted.web.federation.documents import Documents
from fwtwisted.web.federation.indexes import Index, Reports, Terms
from fwtwisted.web.federation.music import Music
from fwtwisted.web.federation.pages import Pages
from fwtwisted.web.site import Mount


def mounts(publishing: Publishing) -> list[Mount]:
    """Every prefix and what hangs there."""
    documents = Documents(publishing.gate)
    return [
        Mount("/federation/actors", Actors(documents, publishing.showcase).app.resource()),
        Mount("/federation/music", Music(documents, publishing.showcase).app.resource()),
        Mount("/federation/index", Index(documents, publishing.indexes).app.resource()),
        Mount("/federation/reports", Reports(documents).app.resource()),
        Mount("/ns", Terms(publishing.showcase).app.resource()),
        Mount("/.well-known", WellKnown(documents, publishing.finding).app.resource()),
    ]


def pages(publishing: Publishing) -> Pages:
    """What answers in the place of pages."""
    return Pages(Documents(publishing.gate), publishing.finding)
