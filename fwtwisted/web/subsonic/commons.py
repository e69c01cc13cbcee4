"""The calls about what people on the pod share, put together."""

from __future__ import annotations

from fwtwisted.core.subsonic.commons import Commons
from fwtwisted.core.subsonic.room import SubsonicRoom
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.discovery import Exploring
from fwtwisted.web.subsonic.podcasts import PodcastCalls
from fwtwisted.web.subsonic.scanning import Scans
from fwtwisted.web.subsonic.shares import Sharing
from fwtwisted.web.subsonic.together import Chatting, InternetRadio
from fwtwisted.web.subsonic.users import Offered, Users


def areas(commons: Commons, room: SubsonicRoom) -> list[object]:
    """Objects with calls."""
    desk = SubsonicDesk(room.sights, room.hearing, room.lists, room.paper)
    offered = Offered(shares=commons.settings.shares)
    return [
        Users(commons.people, commons.preference, offered),
        Chatting(commons.chat),
        InternetRadio(commons.stations),
        Sharing(desk, commons.shares, room.playlists),
        Scans(desk, commons.scanning),
        Exploring(desk, commons.discovery),
        PodcastCalls(desk, commons.podcasts),
    ]
