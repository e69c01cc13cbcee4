"""
The payloads of all calls as JSON Schema, a schema of our own: no field more than it tells, none of the needed less.

Source: docs/subsonic.md §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = "Mapping[str, Any]"

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
COUNT: Shape = {"type": "integer", "minimum": 0}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
URL: Shape = {"type": "string", "pattern": "^https?://"}
COVER: Shape = {"type": "string", "pattern": r"^(al|ar|tr|at|pl|pd|pe|ir)-[0-9a-f-]+(_[0-9a-f]{4})?$"}
STARS: Shape = {"type": "integer", "minimum": 0, "maximum": 5}
AVERAGE: Shape = {"type": "number", "minimum": 1, "maximum": 5}


def of(kind: str) -> Shape:
    """An id of these kinds, ``|`` between them."""
    return {"type": "string", "pattern": rf"^({kind})-[0-9a-f-]+$"}


def word(*choices: str) -> Shape:
    return {"type": "string", "enum": list(choices)}


def several(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def thing(needed: Shape, perhaps: Shape | None = None) -> Shape:
    """An object.  :param needed: the fields that are always there.  :param perhaps: further ones."""
    told = {**needed, **(perhaps or {})}
    return {"type": "object", "properties": told, "required": list(needed), "additionalProperties": False}


def more(shape: Shape, needed: Shape, perhaps: Shape | None = None) -> Shape:
    """An object with further fields."""
    known = shape["properties"]
    return thing(
        {name: known[name] for name in shape["required"]} | dict(needed),
        {name: known[name] for name in known if name not in shape["required"]} | dict(perhaps or {}),
    )


# --- music ---------------------------------------------------------------------------------------------

_NAMED = several(thing({"name": TEXT}))
_ARTISTS = several(thing({"id": of("ar"), "name": TEXT}))
_DAY = thing({}, {"year": WHOLE, "month": WHOLE, "day": WHOLE})
_OPINIONS = {"starred": MOMENT, "userRating": STARS, "averageRating": AVERAGE}
_PLAYS = {"playCount": COUNT, "played": MOMENT}
_GAIN = {"trackGain": NUMBER, "albumGain": NUMBER, "trackPeak": NUMBER, "albumPeak": NUMBER}

SONG = thing(
    {
        "id": of("tr|pe"), "parent": TEXT, "isDir": {"const": False, **FLAG}, "title": TEXT, "artist": TEXT,
        "size": COUNT, "contentType": TEXT, "suffix": {"type": "string", "pattern": "^[a-z0-9]+$"}, "duration": COUNT,
        "bitRate": COUNT, "path": {"type": "string", "pattern": "^[^/]"}, "isVideo": FLAG, "created": MOMENT,
        "artistId": of("ar"), "type": word("music", "podcast"), "bitDepth": COUNT, "samplingRate": COUNT,
        "channelCount": COUNT, "mediaType": word("song", "podcast"), "bpm": COUNT, "comment": TEXT, "sortName": TEXT,
        "musicBrainzId": TEXT, "isrc": several(TEXT), "genres": _NAMED, "artists": _ARTISTS, "displayArtist": TEXT,
        "albumArtists": _ARTISTS, "displayAlbumArtist": TEXT,
        "contributors": several(thing({"role": TEXT, "artist": thing({"id": of("ar"), "name": TEXT})})),
        "displayComposer": TEXT, "moods": several(TEXT), "replayGain": thing({}, _GAIN),
        "explicitStatus": word("", "clean", "explicit"), "works": _NAMED, "movements": _NAMED,
        "groupings": several(TEXT),
    },
    {
        "album": TEXT, "albumId": of("al"), "track": WHOLE, "year": WHOLE, "genre": TEXT, "coverArt": COVER,
        "discNumber": WHOLE, "transcodedContentType": TEXT, "transcodedSuffix": TEXT, "bookmarkPosition": COUNT,
        **_OPINIONS, **_PLAYS,
    },
)  # fmt: skip
ALBUM = thing(
    {
        "id": of("al"), "name": TEXT, "artist": TEXT, "artistId": of("ar"), "songCount": COUNT, "duration": COUNT,
        "created": MOMENT, "version": TEXT, "recordLabels": _NAMED, "musicBrainzId": TEXT, "genres": _NAMED,
        "artists": _ARTISTS, "displayArtist": TEXT, "releaseTypes": several(TEXT), "moods": several(TEXT),
        "sortName": TEXT, "originalReleaseDate": _DAY, "releaseDate": _DAY, "isCompilation": FLAG,
        "explicitStatus": word("", "clean", "explicit"), "discTitles": several(thing({"disc": WHOLE, "title": TEXT})),
    },
    {"coverArt": COVER, "year": WHOLE, "genre": TEXT, **_OPINIONS, **_PLAYS},
)  # fmt: skip
ALBUM_FOLDER = thing(
    {
        "id": of("al"), "parent": of("ar"), "isDir": {"const": True, **FLAG}, "title": TEXT, "name": TEXT,
        "album": TEXT, "artist": TEXT, "artistId": of("ar"), "songCount": COUNT, "duration": COUNT, "created": MOMENT,
        "isVideo": FLAG, "mediaType": word("album"), "musicBrainzId": TEXT, "genres": _NAMED, "displayArtist": TEXT,
    },
    {"coverArt": COVER, "year": WHOLE, "genre": TEXT, **_OPINIONS, **_PLAYS},
)  # fmt: skip
ARTIST = thing(
    {
        "id": of("ar"), "name": TEXT, "albumCount": COUNT, "musicBrainzId": TEXT, "sortName": TEXT,
        "roles": several(TEXT),
    },
    {"coverArt": COVER, "artistImageUrl": URL, "disambiguation": TEXT, **_OPINIONS},
)  # fmt: skip

_SONGS = {"song": several(SONG)}
_INDEX = several(thing({"name": TEXT, "artist": several(ARTIST)}))
_IMAGES = {"smallImageUrl": URL, "mediumImageUrl": URL, "largeImageUrl": URL}
_ABOUT = {"musicBrainzId": TEXT, "lastFmUrl": URL, **_IMAGES}
_ARTIST_INFO = thing({"similarArtist": several(ARTIST)}, {"biography": TEXT, **_ABOUT})
_FOUND = thing({"artist": several(ARTIST), "album": several(ALBUM), **_SONGS})
_FOUND_FOLDERS = thing({"artist": several(ARTIST), "album": several(ALBUM_FOLDER), **_SONGS})
_FOUND_ONE = {"entry": SONG, "similarity": {"type": "number", "minimum": -1, "maximum": 1}}

# --- what people make of it ----------------------------------------------------------------------------

_PLAYLIST = thing(
    {
        "id": of("pl"), "name": TEXT, "comment": TEXT, "owner": TEXT, "public": FLAG, "songCount": COUNT,
        "duration": COUNT, "created": MOMENT, "changed": MOMENT,
    },
    {"coverArt": COVER, "readonly": {"const": True, **FLAG}, "validUntil": MOMENT},
)  # fmt: skip
_QUEUE = thing(
    {"position": COUNT, "username": TEXT, "changed": MOMENT, "changedBy": TEXT, "entry": several(SONG)},
)
_SHARE = thing(
    {
        "id": of("sh"), "url": URL, "description": TEXT, "username": TEXT, "created": MOMENT, "visitCount": COUNT,
        "entry": several(SONG),
    },
    {"expires": MOMENT, "lastVisited": MOMENT},
)  # fmt: skip
_BOOKMARK = thing(
    {"position": COUNT, "username": TEXT, "comment": TEXT, "created": MOMENT, "changed": MOMENT, "entry": SONG}
)
EPISODE = more(
    SONG,
    {
        "streamId": of("pe"), "channelId": of("pd"), "publishDate": MOMENT, "description": TEXT,
        "status": word("new", "downloading", "completed", "error", "deleted", "skipped"),
    },
)  # fmt: skip
_CHANNEL = thing(
    {"id": of("pd"), "url": URL, "title": TEXT, "description": TEXT, "status": word("new", "completed", "error")},
    {"coverArt": COVER, "originalImageUrl": URL, "errorMessage": TEXT, "episode": several(EPISODE)},
)
_PLAYING = more(
    SONG,
    {
        "username": TEXT, "minutesAgo": COUNT, "playerId": COUNT, "playerName": TEXT,
        "state": word("starting", "playing", "paused", "stopped"), "positionMs": COUNT, "playbackRate": NUMBER,
    },
)  # fmt: skip

# --- the server ----------------------------------------------------------------------------------------

_ROLES = "admin settings download upload playlist coverArt comment podcast stream jukebox share videoConversion"
_USER = thing(
    {
        "username": TEXT, "email": TEXT, "scrobblingEnabled": FLAG, "maxBitRate": COUNT, "folder": several(WHOLE),
        **{f"{role}Role": FLAG for role in _ROLES.split()},
    },
    {"avatarLastChanged": MOMENT},
)  # fmt: skip
_JUKEBOX = {"currentIndex": WHOLE, "playing": FLAG, "gain": NUMBER, "position": COUNT}
_STREAM = thing(
    {"protocol": TEXT, "container": TEXT, "codec": TEXT},
    {
        "audioChannels": COUNT, "audioBitrate": COUNT, "audioProfile": TEXT, "audioSamplerate": COUNT,
        "audioBitdepth": COUNT,
    },
)  # fmt: skip
_CUE = thing({"start": COUNT, "byteStart": COUNT, "byteEnd": COUNT, "value": TEXT}, {"end": COUNT})
_CUE_LINE = thing(
    {"index": COUNT, "value": TEXT, "cue": several(_CUE)}, {"start": COUNT, "end": COUNT, "agentId": TEXT}
)
_LYRICS = thing(
    {
        "lang": TEXT, "synced": FLAG, "displayArtist": TEXT, "displayTitle": TEXT,
        "line": several(thing({"value": TEXT}, {"start": COUNT})),
    },
    {
        "offset": WHOLE, "kind": word("main", "translation", "pronunciation"), "cueLine": several(_CUE_LINE),
        "agents": several(thing({"id": TEXT, "role": word("main", "voice", "bg", "group")}, {"name": TEXT})),
    },
)  # fmt: skip

PAYLOADS: Mapping[str, Shape] = {
    "license": thing({"valid": FLAG, "email": TEXT, "licenseExpires": MOMENT}),
    "openSubsonicExtensions": several(thing({"name": TEXT, "versions": several(WHOLE)})),
    "tokenInfo": thing({"username": TEXT}),
    "musicFolders": thing({"musicFolder": several(thing({"id": WHOLE, "name": TEXT}))}),
    "indexes": thing(
        {"lastModified": COUNT, "ignoredArticles": TEXT},
        {"index": _INDEX, "shortcut": several(ARTIST), "child": several(SONG)},
    ),
    "directory": thing(
        {"id": TEXT, "name": TEXT, "child": several({"anyOf": [ALBUM_FOLDER, SONG]})},
        {"parent": TEXT, **_OPINIONS, "playCount": COUNT},
    ),
    "genres": thing({"genre": several(thing({"value": TEXT, "songCount": COUNT, "albumCount": COUNT}))}),
    "artists": thing({"ignoredArticles": TEXT, "index": _INDEX}),
    "artist": more(ARTIST, {"album": several(ALBUM)}),
    "album": more(ALBUM, _SONGS),
    "song": SONG,
    "videos": thing({"video": several(SONG)}),
    "artistInfo": _ARTIST_INFO,
    "artistInfo2": _ARTIST_INFO,
    "albumInfo": thing({}, {"notes": TEXT, **_ABOUT}),
    "similarSongs": thing(_SONGS),
    "similarSongs2": thing(_SONGS),
    "topSongs": thing(_SONGS),
    "sonicMatch": several(thing(_FOUND_ONE)),
    "albumList": thing({"album": several(ALBUM_FOLDER)}),
    "albumList2": thing({"album": several(ALBUM)}),
    "randomSongs": thing(_SONGS),
    "songsByGenre": thing(_SONGS),
    "nowPlaying": thing({"entry": several(_PLAYING)}),
    "starred": _FOUND_FOLDERS,
    "starred2": _FOUND,
    "searchResult": thing({"offset": COUNT, "totalHits": COUNT, "match": several(SONG)}),
    "searchResult2": _FOUND_FOLDERS,
    "searchResult3": _FOUND,
    "playlists": thing({"playlist": several(_PLAYLIST)}),
    "playlist": more(_PLAYLIST, {"entry": several(SONG)}),
    "lyrics": thing({"value": TEXT}, {"artist": TEXT, "title": TEXT}),
    "lyricsList": thing({"structuredLyrics": several(_LYRICS)}),
    "transcodeDecision": thing(
        {"canDirectPlay": FLAG, "canTranscode": FLAG, "transcodeReason": several(TEXT), "sourceStream": _STREAM},
        {"errorReason": TEXT, "transcodeParams": TEXT, "transcodeStream": _STREAM},
    ),
    "shares": thing({"share": several(_SHARE)}),
    "podcasts": thing({"channel": several(_CHANNEL)}),
    "newestPodcasts": thing({"episode": several(EPISODE)}),
    "podcastEpisode": EPISODE,
    "internetRadioStations": thing(
        {
            "internetRadioStation": several(
                thing({"id": of("ir"), "name": TEXT, "streamUrl": URL}, {"homePageUrl": URL, "coverArt": COVER})
            )
        }
    ),
    "jukeboxStatus": thing(_JUKEBOX),
    "jukeboxPlaylist": thing({**_JUKEBOX, "entry": several(SONG)}),
    "chatMessages": thing({"chatMessage": several(thing({"username": TEXT, "time": COUNT, "message": TEXT}))}),
    "bookmarks": thing({"bookmark": several(_BOOKMARK)}),
    "playQueue": more(_QUEUE, {}, {"current": of("tr|pe")}),
    "playQueueByIndex": more(_QUEUE, {}, {"currentIndex": COUNT}),
    "user": _USER,
    "users": thing({"user": several(_USER)}),
    "scanStatus": thing({"scanning": FLAG}, {"count": COUNT}),
}

HEAD: Shape = {
    "status": {"const": "ok", **TEXT}, "version": {"const": "1.16.1", **TEXT}, "type": {"const": "fwtwisted", **TEXT},
    "serverVersion": TEXT, "openSubsonic": {"const": True, **FLAG}, "funkwhaleVersion": TEXT,
}  # fmt: skip


def answer(payload: str) -> Shape:
    """The whole envelope around a payload; a bare one around none."""
    return thing({**HEAD, payload: PAYLOADS[payload]} if payload else HEAD)


ERROR: Shape = thing(
    {**HEAD, "status": {"const": "failed", **TEXT}, "error": thing({"code": WHOLE, "message": TEXT}, {"helpUrl": URL})}
)
