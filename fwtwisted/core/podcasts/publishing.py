"""
How an upload of a channel is filed.

The tags of the file count for nothing here: what the owner says (``import_metadata``) is all there is.  Each upload is
an episode of its own, never a repetition of another; one that is imported again keeps its track, and with it whatever
people did with it.  Source: docs/api.md §4.7.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from fwtwisted.core.importing.filing import INVALID_METADATA, UNKNOWN_ERROR, Refused
from fwtwisted.core.importing.settling import Outcome
from fwtwisted.db.files import importing
from fwtwisted.db.music import works
from fwtwisted.db.music.works import Words
from fwtwisted.db.people import people
from fwtwisted.db.podcasts import channels
from fwtwisted.db.podcasts.channels import Voice
from fwtwisted.db.pool import Tx
from fwtwisted.model.accounts import LongText
from fwtwisted.model.uploads import ImportMetadata, Status
from fwtwisted.outside.reading import Examined
from fwtwisted.wire.fields import REQUIRED


async def published(
    tx: Tx, voice: Voice, said: ImportMetadata, seen: Examined, was: int | None, music_url: str
) -> Outcome:
    """
    File an upload as an episode of a channel; what became of it.

    :param said: by the owner.  :param seen: whether there is audio in the file at all.
    :param was: the track it was filed as before.
    :param music_url: what federation ids of music begin with.
    """
    try:
        words = await _words(tx, voice, said, seen, was)
    except Refused as why:
        return Outcome(Status.ERRORED, was, why.import_details)
    track_id = was
    if track_id is None:
        uuid = uuid4()
        track_id = await works.add_episode(tx, uuid, f"{music_url}/tracks/{uuid}", words)
    else:
        await works.reword_episode(tx, track_id, words)
    if said.tags:
        await importing.tag_tracks(tx, [track_id] * len(said.tags), list(said.tags))
    await channels.has_spoken(tx, voice.artist_id)
    tx.touch("catalog")
    return Outcome(Status.FINISHED, track_id, {})


async def _words(tx: Tx, voice: Voice, said: ImportMetadata, seen: Examined, was: int | None) -> Words:
    """What the episode says of itself.  :raise Refused: that does not do."""
    if seen.audio is None:
        raise Refused(UNKNOWN_ERROR, seen.trouble)
    if not said.title:
        raise Refused(INVALID_METADATA, {"title": [REQUIRED]})
    if said.album is not None and not await works.is_series_of(tx, said.album, voice.artist_id):
        raise Refused(INVALID_METADATA, {"album": ["This is no series of the channel."]})
    return Words(
        title=said.title,
        artist_id=voice.artist_id,
        album_id=said.album,
        position=said.position,
        mbid=said.mbid,
        license=said.license,
        copyright=said.copyright,
        owner_id=voice.owner_id,
        cover_id=await _cover(tx, voice.owner_id, said.cover, was),
        description=LongText(said.description, "text/markdown") if said.description else None,
    )


async def _cover(tx: Tx, owner_id: int, uuid: UUID | None, was: int | None) -> int | None:
    """The picture that the owner chose, in use from now on; one that is not theirs is none."""
    before = None if was is None else await works.cover_of(tx, was)
    if uuid is not None and before is not None and await people.is_picture(tx, before, uuid):
        return before
    chosen = None if uuid is None else await importing.own_picture(tx, uuid, owner_id)
    if chosen is not None:
        await importing.use_pictures(tx, [chosen])
    if before is not None and before != chosen:
        await people.release_picture(tx, before)
    return chosen
