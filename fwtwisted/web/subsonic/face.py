"""The whole Subsonic face, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fwtwisted.core.pod.limits import Limits
from fwtwisted.core.subsonic.media.room import MediaRoom
from fwtwisted.core.subsonic.room import SubsonicRoom
from fwtwisted.web.site import Mount
from fwtwisted.web.subsonic.admission import Admission, ByBearer, LoginPolicy
from fwtwisted.web.subsonic.browsing import Browsing
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.keeping import Keeping
from fwtwisted.web.subsonic.lists import MusicLists
from fwtwisted.web.subsonic.media.areas import media_areas
from fwtwisted.web.subsonic.noting import Noting
from fwtwisted.web.subsonic.playlists import PlaylistCalls
from fwtwisted.web.subsonic.rest import Rest
from fwtwisted.web.subsonic.system import Extensions, System
from fwtwisted.web.transfer import Front
from fwtwisted.wire.subsonic.envelope import Server

ANY_LOGIN = LoginPolicy()


def mounts(
    room: SubsonicRoom,
    media: MediaRoom,
    front: Front,
    server: Server,
    by_bearer: ByBearer,
    limits: Limits,
    is_enabled: Callable[[], Awaitable[bool]],
    further: Sequence[object] = (),
    policy: LoginPolicy = ANY_LOGIN,
    extensions: Extensions = (),
) -> list[Mount]:
    """
    Everything under ``/rest``.

    :param front: who may send files in our place.
    :param by_bearer: whose OAuth or application token this is.
    :param is_enabled: whether the pod offers Subsonic (``subsonic__enabled``).
    :param further: areas that need more than the music: people, podcasts, ….
    :param policy: which ways of signing in are taken.
    :param extensions: that work here beside those that always do.
    """
    desk = SubsonicDesk(room.sights, room.hearing, room.lists, room.paper)
    played = media_areas(media, desk, front)
    music = [Browsing(desk, room.files), MusicLists(desk), *_own_things(room, desk)]
    areas = [System(extensions), *music, *played, *further]
    return Rest(server, areas, Admission(room.login, by_bearer, limits, policy), is_enabled).mounts()


def _own_things(room: SubsonicRoom, desk: SubsonicDesk) -> list[object]:
    """What people keep on the server."""
    return [
        Noting(desk, room.opinions, room.now_playing),
        Keeping(desk, room.resuming),
        PlaylistCalls(desk, room.playlists),
    ]
