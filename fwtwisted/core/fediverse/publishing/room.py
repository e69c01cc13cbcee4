"""Everything that other servers are shown, built together."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from fwtwisted.core.fediverse.publishing.finding import Finding
from fwtwisted.core.fediverse.publishing.gate import Gate, Identifying, Knowing, Permitting
from fwtwisted.core.fediverse.publishing.indexes import Indexes
from fwtwisted.core.fediverse.publishing.outboxes import Outboxes
from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.core.fediverse.publishing.showcase import Showcase
from fwtwisted.core.listening.answers import Answers, AnswerSettings
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.db.pool import Database
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads

# Answers hold for as long as nothing changes; how long beyond that somebody else's name may be an old one.
KEPT = AnswerSettings(most_bytes=32 << 20, seconds=300.0)


@frozen
class PublishingGround:
    """What it stands on.  :ivar seconds: a clock that only goes forward.  :ivar tells_deeds: see ``Outboxes``."""

    database: Database
    threads: Threads
    visibility: Visibility
    papers: Papers
    service: ServiceActor
    preference: ReadPreference
    verifying: Identifying
    policies: Permitting
    peers: Knowing
    seconds: Callable[[], float]
    tells_deeds: bool = True


class Publishing:
    """Who may ask, and what they are shown."""

    def __init__(self, ground: PublishingGround) -> None:
        database, papers, service = ground.database, ground.papers, ground.service
        self.gate = Gate(ground.preference, ground.verifying, ground.policies, ground.peers)
        outboxes = Outboxes(papers, tells_deeds=ground.tells_deeds)
        answers = Answers(ground.seconds, KEPT)
        self.showcase = Showcase(database, ground.visibility, papers, service, answers, ground.threads, outboxes)
        self.indexes = Indexes(database, papers, ground.preference)
        self.finding = Finding(database, ground.visibility, self.showcase, service, papers.paper)
