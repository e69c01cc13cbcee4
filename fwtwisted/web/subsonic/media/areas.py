"""The media of the Subsonic face, put together."""

from __future__ import annotations

from fwtwisted.core.subsonic.media.room import MediaRoom
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.media.live import LiveCalls
from fwtwisted.web.subsonic.media.lyrics import LyricsCalls
from fwtwisted.web.subsonic.media.pictures import PictureCalls
from fwtwisted.web.subsonic.media.sending import Sender
from fwtwisted.web.subsonic.media.streams import StreamCalls
from fwtwisted.web.subsonic.media.transcoding import TranscodingCalls
from fwtwisted.web.transfer import Front


def media_areas(room: MediaRoom, desk: SubsonicDesk, front: Front) -> list[object]:
    """Every area.  :param front: who may send files in our place."""
    sender = Sender(room.streams, front)
    return [
        StreamCalls(desk, room.streams, room.bundles, sender),
        PictureCalls(desk, room.pictures),
        LiveCalls(room.live, sender),
        LyricsCalls(desk, room.lyrics),
        TranscodingCalls(desk, room.transcoding, sender),
    ]
