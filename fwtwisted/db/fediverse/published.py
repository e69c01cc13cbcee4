"""What other servers are shown of this pod: actors, libraries and their files, posts of channels, names on works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import evolve, frozen

from fwtwisted.db.music import catalog
from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import Attachment, Kind
from fwtwisted.model.people import Actor, Privacy
from fwtwisted.model.published import Credit, Deed, Persona, Post, ProofKey, Role, SharedFile, Shelf, Voice

_PICTURE = "picture.id, picture.uuid, picture.url, picture.file, picture.size, picture.mimetype, picture.creation_date"
_PICTURE_WIDTH = 7

# --- actors --------------------------------------------------------------------------------------

# Who publishes a feed of another server is no actor of ours, whatever its row says.
_PERSONAS = f"""
    SELECT {actor_columns()}, {_PICTURE}, actor.public_key, proof.key_id, proof.public_key,
           account.privacy_level, artist.id, artist.name, artist.description, artist.description_type,
           artist.content_category, owner.fid
      FROM actor
      LEFT JOIN account ON account.actor_id = actor.id
      LEFT JOIN assertion_key AS proof ON proof.actor_id = actor.id
      LEFT JOIN channel ON channel.actor_id = actor.id
      LEFT JOIN artist ON artist.id = channel.artist_id
      LEFT JOIN actor AS owner ON owner.id = channel.attributed_to_id
      LEFT JOIN attachment AS picture
             ON picture.id = CASE WHEN channel.id IS NULL THEN actor.icon_id ELSE artist.cover_id END
     WHERE actor.private_key IS NOT NULL AND account.is_active IS NOT FALSE
       AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)
"""
PERSONAS = f"{_PERSONAS} AND actor.id = ANY(%s)"
PERSONA_NAMED = f"{_PERSONAS} AND lower(actor.preferred_username) = lower(%s) AND actor.domain = %s"


async def personas(tx: Tx, ids: Collection[int]) -> dict[int, Persona]:
    """Actors of ours by id, those among them that are gone left out."""
    found = await tx.many(_persona, PERSONAS, list(ids)) if ids else []
    return {one.actor.id: one for one in await _tagged(tx, found)}


async def persona_named(tx: Tx, username: str, domain: str) -> Persona | None:
    """The actor of ours of this name, in any case of letters; also one that is a tombstone by now."""
    found = await tx.maybe(_persona, PERSONA_NAMED, username, domain)
    return None if found is None else (await _tagged(tx, [found]))[0]


def _persona(*columns: Any) -> Persona:
    actor = Actor(*columns[:ACTOR_WIDTH])
    pictured = columns[ACTOR_WIDTH : ACTOR_WIDTH + _PICTURE_WIDTH]
    public_key, proof_id, proof, level, artist_id, *voiced = columns[ACTOR_WIDTH + _PICTURE_WIDTH :]
    keys = (public_key, None if proof_id is None else ProofKey(proof_id, proof))
    picture = None if pictured[0] is None else Attachment(*pictured)
    if artist_id is not None:
        name, text, kind, category, owner = voiced
        voice = Voice(artist_id, owner, category)
        return Persona(actor, Role.CHANNEL, name, text, kind, *keys, False, picture, voice)
    role = Role.SERVICE if actor.type == "Service" else Role.PERSON
    shown = actor.name or actor.preferred_username
    by_hand = level != Privacy.EVERYONE
    return Persona(actor, role, shown, actor.summary, actor.summary_type, *keys, by_hand, picture)


async def _tagged(tx: Tx, found: Sequence[Persona]) -> list[Persona]:
    """The same, with the tags of those that are channels."""
    artists = {one.voice.artist_id for one in found if one.voice is not None}
    tags = await catalog.tags(tx, Kind.ARTIST, artists)
    return [
        one if one.voice is None else evolve(one, voice=evolve(one.voice, tags=tags.get(one.voice.artist_id, ())))
        for one in found
    ]


FOLLOWERS = "SELECT count(*) FROM follow WHERE target_actor_id = %s AND approved"
FOLLOWING = "SELECT count(*) FROM follow WHERE actor_id = %s AND target_actor_id IS NOT NULL AND approved"
LIBRARY_FOLLOWERS = "SELECT count(*) FROM follow WHERE target_library_id = %s AND approved"


async def followers(tx: Queries, actor_id: int) -> int:
    """How many follow an actor."""
    return await tx.one(int, FOLLOWERS, actor_id)


async def following(tx: Queries, actor_id: int) -> int:
    """How many actors an actor follows."""
    return await tx.one(int, FOLLOWING, actor_id)


async def library_followers(tx: Queries, library_id: int) -> int:
    """How many follow a library."""
    return await tx.one(int, LIBRARY_FOLLOWERS, library_id)


FOLLOWS = "SELECT EXISTS (SELECT FROM follow WHERE actor_id = %s AND target_actor_id = %s AND approved)"


async def follows(tx: Queries, actor_id: int, target_id: int) -> bool:
    """Whether an actor follows another, with leave."""
    return await tx.one(bool, FOLLOWS, actor_id, target_id)


# --- libraries -----------------------------------------------------------------------------------

_SHELVES = """
    SELECT library.id, library.uuid, library.fid, owner.fid, library.name, library.description, library.privacy_level
      FROM library JOIN actor AS owner ON owner.id = library.actor_id
     WHERE NOT library.is_channel AND owner.private_key IS NOT NULL AND owner.type <> 'Tombstone'
"""
SHELVES = f"{_SHELVES} AND library.id = ANY(%s)"
SHELF_NAMED = f"{_SHELVES} AND library.uuid = %s"


def _shelf(id: int, uuid: UUID, fid: str, owner: str, name: str, text: str | None, level: str) -> Shelf:
    return Shelf(id, uuid, fid, owner, name, text, Privacy(level))


async def shelves(tx: Queries, ids: Collection[int]) -> dict[int, Shelf]:
    """Libraries of our people by id, without what channels publish; nothing is counted in them."""
    return {one.id: one for one in await tx.many(_shelf, SHELVES, list(ids))} if ids else {}


async def shelf(tx: Queries, uuid: UUID) -> Shelf | None:
    """The library of this uuid; nothing is counted in it."""
    return await tx.maybe(_shelf, SHELF_NAMED, uuid)


SHOWN: Final = "upload.import_status = 'finished' AND upload.track_id IS NOT NULL AND upload.mimetype LIKE 'audio/%%'"
COUNT_FILES = f"SELECT library_id, count(*) FROM upload WHERE library_id = ANY(%s) AND {SHOWN} GROUP BY library_id"
FILES_IN = f"""
    SELECT id FROM upload WHERE library_id = %s AND {SHOWN} ORDER BY creation_date DESC, id DESC LIMIT %s OFFSET %s
"""


async def count_files(tx: Queries, library_ids: Collection[int]) -> dict[int, int]:
    """How many files of libraries, or posts of channels, are shown; empty ones are left out."""
    return dict(await tx.many(lambda id, count: (id, count), COUNT_FILES, list(library_ids))) if library_ids else {}


async def files_in(tx: Queries, library_id: int, limit: int, offset: int) -> list[int]:
    """Ids of the uploads on a page of a library, or of what a channel published; the newest first."""
    return await tx.many(int, FILES_IN, library_id, limit, offset)


SHARED = f"""
    SELECT upload.id, upload.uuid, upload.fid, upload.track_id, library.id, library.fid, owner.fid,
           library.privacy_level = 'everyone', upload.mimetype, coalesce(upload.size, 0), coalesce(upload.bitrate, 0),
           coalesce(upload.duration, 0), upload.creation_date, upload.modification_date
      FROM upload
      JOIN library ON library.id = upload.library_id
      JOIN actor AS owner ON owner.id = library.actor_id
     WHERE upload.id = ANY(%s) AND {SHOWN} AND NOT library.is_channel AND owner.private_key IS NOT NULL
"""
POSTS = f"""
    SELECT upload.id, upload.uuid, upload.fid, upload.track_id, library.id, speaker.fid, upload.mimetype, upload.size,
           upload.bitrate, upload.duration, coalesce(upload.import_date, upload.creation_date),
           (SELECT count(*) FROM remote_deed WHERE track_id = upload.track_id AND kind = 'favorite')
           + (SELECT count(*) FROM favorite JOIN account USING (actor_id)
               WHERE favorite.track_id = upload.track_id AND account.privacy_level = 'everyone'),
           (SELECT count(*) FROM remote_deed WHERE track_id = upload.track_id AND kind = 'boost'), upload.edited
      FROM upload
      JOIN library ON library.id = upload.library_id
      JOIN channel ON channel.library_id = library.id
      JOIN actor AS speaker ON speaker.id = channel.actor_id
     WHERE upload.id = ANY(%s) AND {SHOWN} AND library.privacy_level = 'everyone' AND speaker.private_key IS NOT NULL
       AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)
"""
UPLOAD_NAMED = "SELECT id FROM upload WHERE uuid = %s"


async def shared_files(tx: Queries, ids: Collection[int]) -> dict[int, SharedFile]:
    """Files of our people's libraries by the upload's id; those that are not shown are left out."""
    return {one.id: one for one in await tx.many(SharedFile, SHARED, list(ids))} if ids else {}


async def posts(tx: Queries, ids: Collection[int]) -> dict[int, Post]:
    """What our channels published, by the upload's id; what is not shown is left out."""
    return {one.id: one for one in await tx.many(Post, POSTS, list(ids))} if ids else {}


async def upload_id(tx: Queries, uuid: UUID) -> int | None:
    """The key of an upload."""
    return await tx.maybe(int, UPLOAD_NAMED, uuid)


# --- works ---------------------------------------------------------------------------------------

_CREDITS = {
    kind: f"""
    SELECT {kind}_id, uuid, artist_id, credit, joinphrase, place FROM {kind}_credit
     WHERE {kind}_id = ANY(%s) ORDER BY {kind}_id, place
"""
    for kind in (Kind.TRACK, Kind.ALBUM)
}


async def credits(tx: Queries, kind: Kind, ids: Collection[int]) -> dict[int, list[Credit]]:
    """Who is named on tracks or albums, in order."""
    found: dict[int, list[Credit]] = defaultdict(list)
    if ids:
        for id, credit in await tx.many(lambda id, *columns: (id, Credit(*columns)), _CREDITS[kind], list(ids)):
            found[id].append(credit)
    return found


FIDS = "SELECT id, fid FROM actor WHERE id = ANY(%s)"
SPEAKERS = """
    SELECT channel.artist_id, actor.fid FROM channel JOIN actor ON actor.id = channel.actor_id
     WHERE channel.artist_id = ANY(%s)
"""


async def actor_fids(tx: Queries, ids: Collection[int]) -> Mapping[int, str]:
    """Federation ids of actors."""
    return dict(await tx.many(_pair, FIDS, list(ids))) if ids else {}


async def speakers(tx: Queries, artist_ids: Collection[int]) -> Mapping[int, str]:
    """Federation ids of the actors that speak for those of the artists that are channels."""
    return dict(await tx.many(_pair, SPEAKERS, list(artist_ids))) if artist_ids else {}


def _pair(id: int, fid: str) -> tuple[int, str]:
    return id, fid


# What other servers have is theirs to show.
_NAMED = {kind: f"SELECT id FROM {kind} WHERE uuid = %s AND starts_with(fid, %s)" for kind in Kind}


async def work_named(tx: Queries, kind: Kind, uuid: UUID, ours: str) -> int | None:
    """The key of a track, an album or an artist.  :param ours: what federation ids of this pod begin with."""
    return await tx.maybe(int, _NAMED[kind], uuid, ours)


_UUIDS = {kind: f"SELECT uuid FROM {kind} WHERE id = %s" for kind in Kind}
FIRST_UPLOAD = f"""
    SELECT upload.uuid FROM upload
      JOIN library ON library.id = upload.library_id
      JOIN actor AS owner ON owner.id = library.actor_id
     WHERE upload.track_id = %s AND upload.library_id = ANY(%s) AND {SHOWN} AND owner.private_key IS NOT NULL
     ORDER BY library.is_channel DESC, upload.id LIMIT 1
"""


async def work_uuid(tx: Queries, kind: Kind, id: int) -> UUID | None:
    """The uuid of a track, an album or an artist."""
    return await tx.maybe(_as_it_is, _UUIDS[kind], id)


async def first_upload(tx: Queries, track_id: int, visible: Collection[int]) -> UUID | None:
    """The file of ours that stands for a track to somebody who sees the libraries ``visible``."""
    return await tx.maybe(_as_it_is, FIRST_UPLOAD, track_id, list(visible))


def _as_it_is(uuid: UUID) -> UUID:
    return uuid


CREDITED = """
    SELECT 'track', track_id FROM track_credit WHERE uuid = %s
     UNION ALL
    SELECT 'album', album_id FROM album_credit WHERE uuid = %s
     UNION ALL
    SELECT 'track', id FROM track WHERE uuid = %s
     UNION ALL
    SELECT 'album', id FROM album WHERE uuid = %s
     LIMIT 1
"""


async def credited(tx: Queries, uuid: UUID) -> tuple[Kind, int] | None:
    """What the name of this uuid stands on; where nobody wrote down names, the uuid is the work's."""
    return await tx.maybe(lambda kind, id: (Kind(kind), id), CREDITED, uuid, uuid, uuid, uuid)


# --- deeds ---------------------------------------------------------------------------------------


@frozen
class ToldDeed:
    """A deed, and who may know of it.  :ivar actor_id: whose it is, as is ``username``."""

    deed: Deed
    actor_id: int
    username: str


_DEED = """
    SELECT deed.uuid, actor.fid, track.fid, deed.creation_date, account.privacy_level, actor.id,
           actor.preferred_username
      FROM {table} AS deed
      JOIN actor ON actor.id = deed.actor_id
      JOIN account ON account.actor_id = actor.id
      JOIN track ON track.id = deed.track_id
     WHERE deed.uuid = %s AND account.is_active AND account.privacy_level IN ('everyone', 'followers')
"""
LIKE = _DEED.format(table="favorite")
LISTENING = _DEED.format(table="listening")


def _deed(uuid: UUID, actor: str, track: str, published: Any, level: str, *whose: Any) -> ToldDeed:
    return ToldDeed(Deed(uuid, actor, track, published, Privacy(level)), *whose)


async def like(tx: Queries, uuid: UUID) -> ToldDeed | None:
    """A favourite of somebody here, unless it is theirs alone."""
    return await tx.maybe(_deed, LIKE, uuid)


async def listening(tx: Queries, uuid: UUID) -> ToldDeed | None:
    """A listening of somebody here, unless it is theirs alone."""
    return await tx.maybe(_deed, LISTENING, uuid)


# --- indexes -------------------------------------------------------------------------------------

_PUBLIC_LIBRARIES = """
      FROM library JOIN actor AS owner ON owner.id = library.actor_id
     WHERE library.privacy_level = 'everyone' AND NOT library.is_channel AND owner.private_key IS NOT NULL
       AND owner.type <> 'Tombstone'
"""
_CHANNELS = """
      FROM channel
      JOIN library ON library.id = channel.library_id
      JOIN actor ON actor.id = channel.actor_id
     WHERE library.privacy_level = 'everyone' AND actor.private_key IS NOT NULL
       AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)
"""
COUNT_LIBRARIES = f"SELECT count(*) {_PUBLIC_LIBRARIES}"
LIBRARIES = f"SELECT library.id {_PUBLIC_LIBRARIES} ORDER BY library.creation_date, library.id LIMIT %s OFFSET %s"
COUNT_CHANNELS = f"SELECT count(*) {_CHANNELS}"
CHANNELS = f"SELECT actor.id {_CHANNELS} ORDER BY channel.creation_date, channel.id LIMIT %s OFFSET %s"


async def count_libraries(tx: Queries) -> int:
    """How many libraries of ours everybody may see."""
    return await tx.one(int, COUNT_LIBRARIES)


async def public_libraries(tx: Queries, limit: int, offset: int) -> list[int]:
    """Ids of a page of them, the oldest first."""
    return await tx.many(int, LIBRARIES, limit, offset)


async def count_channels(tx: Queries) -> int:
    """How many channels of ours there are."""
    return await tx.one(int, COUNT_CHANNELS)


async def public_channels(tx: Queries, limit: int, offset: int) -> list[int]:
    """Ids of the actors of a page of them, the oldest first."""
    return await tx.many(int, CHANNELS, limit, offset)


CHANNEL_NAME = """
    SELECT actor.preferred_username FROM channel JOIN actor ON actor.id = channel.actor_id
     WHERE channel.uuid = %s AND actor.private_key IS NOT NULL
"""


async def channel_username(tx: Queries, uuid: UUID) -> str | None:
    """What the actor of a channel of ours is called."""
    return await tx.maybe(str, CHANNEL_NAME, uuid)


CHANNEL_SHELF = "SELECT library_id FROM channel WHERE actor_id = %s"


async def channel_library(tx: Queries, actor_id: int) -> int | None:
    """The library that holds what a channel publishes."""
    return await tx.maybe(int, CHANNEL_SHELF, actor_id)
