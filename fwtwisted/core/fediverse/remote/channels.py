"""
Remote actors that publish: an actor with an RSS link is a channel, with an artist and a library that stand behind it.

Source: docs/federation.md §2.5.
"""

from __future__ import annotations

from uuid import uuid4

from fwtwisted.db.fediverse.remote import libraries
from fwtwisted.db.music.tags import set_tags
from fwtwisted.db.podcasts import channels
from fwtwisted.db.podcasts.channels import NewVoice
from fwtwisted.db.pool import Tx
from fwtwisted.model.accounts import LONGEST_LIBRARY_NAME, LongText
from fwtwisted.model.music import Kind
from fwtwisted.model.podcasts import Channel
from fwtwisted.model.remote import SaidActor
from fwtwisted.wire.addresses import host_of


async def write_channel(tx: Tx, said: SaidActor, actor_id: int, owner_id: int, cover_id: int | None) -> Channel:
    """
    The channel that an actor is, made or brought up to date; the transaction touches what it must.

    :param owner_id: of the actor whose it is.
    """
    known = await channels.of_actor(tx, actor_id)
    if known is None:
        known = await _made(tx, said, actor_id, owner_id, cover_id)
    else:
        await libraries.hand_over(tx, known.id, known.artist_id, known.library_id, owner_id)
        about = _about(said)
        values: dict[str, object] = {
            "name": _name(said),
            "content_category": said.category,
            "cover_id": cover_id,
            "description": about and about.text,
            "description_type": about and about.content_type,
        }
        await channels.change_artist(tx, known, values)
    await set_tags(tx, Kind.ARTIST, known.artist_id, said.tags)
    tx.touch("catalog", "libraries")
    return known


async def _made(tx: Tx, said: SaidActor, actor_id: int, owner_id: int, cover_id: int | None) -> Channel:
    """An artist goes by the actor's id; the library behind it is nothing that anybody could ask for."""
    feed = said.rss if said.rss is not None and host_of(said.rss) == host_of(said.fid) else None
    artist_fids, library_fid = (said.fid, f"{said.fid}#artist"), f"{said.fid}#library"
    artists_taken, library_taken, feed_taken = await libraries.taken(tx, artist_fids, library_fid, feed)
    artist_uuid, library_uuid = uuid4(), uuid4()
    voice = NewVoice(
        artist_uuid=artist_uuid,
        artist_fid=next((fid for fid in artist_fids if fid not in artists_taken), f"{artist_fids[-1]}-{artist_uuid}"),
        library_uuid=library_uuid,
        library_fid=f"{library_fid}-{library_uuid}" if library_taken else library_fid,
        owner_id=owner_id,
        name=_name(said),
        library_name=_name(said)[:LONGEST_LIBRARY_NAME],
        privacy_level="everyone",
        content_category=said.category,
        cover_id=cover_id,
        description=_about(said),
    )
    return await channels.add(tx, uuid4(), actor_id, voice, None if feed_taken else feed, {})


def _name(said: SaidActor) -> str:
    return said.name or said.username


def _about(said: SaidActor) -> LongText | None:
    return None if said.summary is None else LongText(said.summary, "text/html")
