"""Everything of the Subsonic core, built once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from attrs import field, frozen

from fwtwisted.core.listening.history import Listening
from fwtwisted.core.listening.playlists import Playlists
from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.signin import SignIn
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.pod.limits import Limits
from fwtwisted.core.subsonic.files import Files
from fwtwisted.core.subsonic.hearing import Hearing, HearingSettings
from fwtwisted.core.subsonic.keys import SubsonicKeys
from fwtwisted.core.subsonic.lists import Lists
from fwtwisted.core.subsonic.login import SubsonicLogin
from fwtwisted.core.subsonic.media.streams import made_for_a_limit
from fwtwisted.core.subsonic.opinions import Opinions
from fwtwisted.core.subsonic.playing import NowPlaying
from fwtwisted.core.subsonic.playlists import PlaylistsHeard
from fwtwisted.core.subsonic.resuming import Resuming
from fwtwisted.core.subsonic.sights import Sights
from fwtwisted.db.pool import Database
from fwtwisted.model.people import Pod
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.wire.subsonic.documents import Articles, Paper


@frozen
class SubsonicSettings:
    """
    What the pod tells Subsonic apps.

    :ivar public_url: where the pod is reached.
    :ivar music_root: the folder below which files lie in place; None: there is none.
    :ivar default_format: made of files above an account's limit; empty: nothing.
    :ivar articles: words that do not count in orders.
    """

    public_url: str
    music_root: str | None = None
    default_format: str = ""
    articles: Articles = field(factory=Articles)


@frozen
class SubsonicGround:
    """What the Subsonic core stands on."""

    database: Database
    visibility: Visibility
    orders: Orders
    signin: SignIn
    seal: SubsonicSeal
    limits: Limits
    pod: Pod
    listening: Listening
    playlists: Playlists
    preference: ReadPreference


class SubsonicRoom:
    """
    What the Subsonic face is made of.

    :param now: the time.
    """

    def __init__(
        self,
        ground: SubsonicGround,
        settings: SubsonicSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        database, preference = ground.database, ground.preference
        self.paper = Paper(settings.public_url, settings.articles)
        self.login = SubsonicLogin(database, ground.signin, ground.seal, ground.limits)
        self.files = Files(database, settings.music_root)
        transcodes = partial(preference, "music__transcoding_enabled")
        self.sights = Sights(database, ground.visibility, ground.pod.domain, self.files, transcodes)
        limited_type = made_for_a_limit(settings.default_format)
        self.hearing = Hearing(database, self.paper, HearingSettings(limited_type=limited_type))
        self.lists = Lists(database, ground.orders)
        self.opinions = Opinions(database, ground.listening)
        self.now_playing = NowPlaying(database, ground.listening, now)
        self.resuming = Resuming(database)
        self.keys = SubsonicKeys(database, preference)
        self.playlists = PlaylistsHeard(database, ground.playlists, self.hearing)
