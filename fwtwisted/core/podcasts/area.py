"""The parts of this area, built together: what the roof is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen

from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.core.podcasts.asking import Asking
from fwtwisted.core.podcasts.channels import Channels, ChannelSettings
from fwtwisted.core.podcasts.feeds import Feeds, FeedSettings
from fwtwisted.core.podcasts.series import Series
from fwtwisted.core.podcasts.subscriptions import Subscriptions
from fwtwisted.core.podcasts.syndication import Syndication
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Pod
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching import Fetching
from fwtwisted.wire.v1.channels import ChannelPaper


@frozen
class PodcastsGround:
    """
    What the area stands on.

    :ivar fetching: the door to other servers.  :ivar service: the pod's own actor.
    :ivar now: the time.  :ivar draw: random numbers in [0, 1).
    """

    database: Database
    threads: Threads
    fetching: Fetching
    policies: Policies
    service: ServiceActor
    visibility: Visibility
    shelves: Shelves
    preference: ReadPreference
    ring: Ring
    pod: Pod
    paper: ChannelPaper
    now: Callable[[], datetime]
    draw: Callable[[], float]
    occasions: Occasions = NOBODY


class Podcasts:
    """Channels, subscriptions, feeds, series, and our channels as feeds."""

    def __init__(self, ground: PodcastsGround, channels: ChannelSettings, feeds: FeedSettings) -> None:
        g = ground
        self.channels = Channels(
            g.database, g.threads, g.visibility, g.preference, g.ring, g.pod, channels, g.occasions
        )
        self.subscriptions = Subscriptions(g.database, self.channels, g.occasions)
        asking = Asking(g.fetching, g.threads, g.policies, g.now, feeds.most_items)
        self.feeds = Feeds(
            g.database, g.threads, asking, g.service, self.subscriptions, g.ring, g.pod, g.now, g.draw, feeds
        )
        self.series = Series(g.database, g.visibility, g.shelves, g.ring, g.pod, g.occasions)
        self.syndication = Syndication(g.database, g.threads, g.preference, g.paper)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return self.feeds.jobs()

    def schedules(self) -> Mapping[str, Schedule]:
        """Chores with a beat."""
        return self.feeds.schedules()
