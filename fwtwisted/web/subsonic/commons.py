"""The calls about what people on the pod share, put together."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.subsonic.commons import Commons
from fwtwisted.core.subsonic.room import SubsonicRoom
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.discovery import Exploring
from fwtwisted.web.subsonic.jukebox import JukeboxCalls
from fwtwisted.web.subsonic.podcasts import PodcastCalls
from fwtwisted.web.subsonic.scanning import Scans
from fwtwisted.web.subsonic.shares import Sharing
from fwtwisted.web.subsonic.sounds import EXTENSION, SonicCalls
from fwtwisted.web.subsonic.together import Chatting, InternetRadio
from fwtwisted.web.subsonic.users import Offered, Users


def areas(commons: Commons, room: SubsonicRoom) -> list[object]:
    """Objects with calls."""
    desk = SubsonicDesk(room.sights, room.hearing, room.lists, room.paper)
    offered = Offered(shares=commons.settings.shares, jukebox=commons.jukebox.is_on)
    return [
        Users(commons.people, commons.preference, offered),
        Chatting(commons.chat),
        InternetRadio(commons.stations),
        Sharing(desk, commons.shares, room.playlists),
        Scans(desk, commons.scanning),
        Exploring(desk, commons.discovery),
        PodcastCalls(desk, commons.podcasts),
        SonicCalls(desk, commons.sounds),
        JukeboxCalls(desk, commons.jukebox),
    ]


def extensions(commons: Commons) -> Sequence[tuple[str, Sequence[int]]]:
    """What works beside the extensions that always do."""
    return [EXTENSION] if commons.sounds.settings.measures else []
