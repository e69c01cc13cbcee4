"""Everything of the Subsonic core, built once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from fwtwisted.core.listening.history import Listening
from fwtwisted.core.listening.playlists import Playlists
from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.quotas import Preference
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
from fwtwisted.wire.subsonic.documents import Articles, Paper


class SubsonicRoom:
    """
    What the Subsonic face is made of.

    :param public_url: where the pod is reached.  :param now: the time.
    :param music: the folder below which files lie in place; None: there is none.
    :param default_format: made of files above an account's limit; empty: nothing.
    :param articles: words that do not count in orders.
    """

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        orders: Orders,
        signin: SignIn,
        seal: SubsonicSeal,
        limits: Limits,
        pod: Pod,
        public_url: str,
        listening: Listening,
        playlists: Playlists,
        preference: Preference,
        music: str | None = None,
        default_format: str = "",
        articles: Articles | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.paper = Paper(public_url, articles or Articles())
        self.login = SubsonicLogin(database, signin, seal, limits)
        self.files = Files(database, music)
        transcodes = partial(preference, "music__transcoding_enabled")
        self.sights = Sights(database, visibility, pod.domain, self.files, transcodes)
        limited_type = made_for_a_limit(default_format)
        self.hearing = Hearing(database, self.paper, HearingSettings(limited_type=limited_type))
        self.lists = Lists(database, orders)
        self.opinions = Opinions(database, listening)
        self.now_playing = NowPlaying(database, listening, now)
        self.resuming = Resuming(database)
        self.keys = SubsonicKeys(database, preference)
        self.playlists = PlaylistsHeard(database, playlists, self.hearing)
