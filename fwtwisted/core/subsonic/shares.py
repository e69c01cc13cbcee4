"""
Shares: what people show to outsiders.

A share is a list of songs behind an address that nobody can guess.  Whoever knows the address sees the list and hears
these songs, and nothing else: every time it is asked anew whether the share still holds, whether its owner may still
hear the song, and whether the song may still be shown.  Only what is in a library of the owner's own, or in one that is
open to everybody here, may be shown; what somebody else lets one hear by a follow may not be passed on.

Source: docs/subsonic.md rule 59.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from attrs import frozen

from fwtwisted.core.listening.streaming import ListenWish, Stream, Streaming
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import shares
from fwtwisted.db.subsonic.shares import OpenShare
from fwtwisted.model.errors import Forbidden, Invalid, NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.people import Viewer
from fwtwisted.model.together import Share, SharedSong, SharePage

SECRET_BYTES = 24
LONGEST_SECRET = 64  # characters that are looked up at all
MOST_SHARES = 1_000  # of one account
MOST_SONGS = 5_000  # in one share

# What browsers play as it is; anything else is sent to them as MP3.
PLAYED = frozenset(("audio/mpeg", "audio/ogg", "audio/opus", "audio/flac", "audio/x-flac", "audio/mp4", "audio/x-m4a",
                    "audio/aac", "audio/wav", "audio/x-wav"))  # fmt: skip

OFF = "Sharing is switched off on this pod."
NOT_YOURS_TO_SHOW = "Some of this comes from a library that is not open to everybody here: it may not be shared."


@frozen
class Renewal:
    """
    What is to change of a share.

    :ivar description: None: it stays.  :ivar expires: when ``moves``: the new end; None: never.
    """

    description: str | None = None
    moves: bool = False
    expires: datetime | None = None


class Shares:
    """
    Keeps shares, and opens them to outsiders.

    :param is_on: whether the pod has shares; without them none is made, and none opens.
    """

    def __init__(
        self, database: Database, visibility: Visibility, streaming: Streaming, public_url: str, *, is_on: bool
    ) -> None:
        self._database, self._visibility, self._streaming = database, visibility, streaming
        self._public_url, self._is_on = public_url, is_on

    def url(self, secret: str) -> str:
        """Where a share is seen."""
        return f"{self._public_url}/share/{secret}"

    # --- for their owners ------------------------------------------------------------------------

    async def all(self, account_id: int) -> Sequence[Share]:
        """The account's shares, the newest first."""
        if not self._is_on:
            return ()
        return await self._database.read(lambda tx: shares.shares(tx, account_id, MOST_SHARES))

    def must_be_on(self) -> None:
        """:raise Forbidden: the pod has no shares."""
        if not self._is_on:
            raise Forbidden(OFF)

    async def create(self, sight: Sight, songs: Sequence[int], description: str, expires: datetime | None) -> Share:
        """
        Share songs that the viewer may hear.

        :raise Forbidden: one of them may not be shown to outsiders.
        :raise Invalid: there are too many songs, or shares; ``expires`` lies in the past.
        """
        self.must_be_on()
        account_id, actor_id = sight.viewer.account_id, sight.viewer.actor_id
        assert account_id is not None and actor_id is not None, "a caller without an account"
        if not 0 < len(songs) <= MOST_SONGS:
            raise Invalid.on("id", f"A share has 1 to {MOST_SONGS} songs.")
        _must_come(expires)

        async def work(tx: Tx) -> Share:
            if await shares.count_locked(tx, account_id) >= MOST_SHARES:
                raise Invalid.on("id", f"An account has at most {MOST_SHARES} shares.")
            if await shares.shareable(tx, set(songs), sight.libraries, actor_id) != set(songs):
                raise Forbidden(NOT_YOURS_TO_SHOW)
            secret = secrets.token_urlsafe(SECRET_BYTES)
            return await shares.add(tx, account_id, secret, description, expires, songs)

        return await self._database.transaction(work)

    async def change(self, account_id: int, id: int, renewal: Renewal) -> None:
        """Change a share of the account.  :raise NotFound:  :raise Invalid: ``expires`` lies in the past."""
        self.must_be_on()
        _must_come(renewal.expires)

        async def work(tx: Tx) -> None:
            if not await shares.describe(tx, account_id, id, renewal.description):
                raise NotFound
            if renewal.moves:
                await shares.expire(tx, account_id, id, renewal.expires)

        await self._database.transaction(work)

    async def remove(self, account_id: int, id: int) -> None:
        """Remove a share of the account.  :raise NotFound:"""
        self.must_be_on()
        if not await self._database.transaction(lambda tx: shares.remove(tx, account_id, id)):
            raise NotFound

    # --- for outsiders ---------------------------------------------------------------------------

    async def page(self, secret: str, *, is_visit: bool) -> SharePage:
        """
        What a share shows.

        :param is_visit: a person looks, who is counted.
        :raise NotFound: there is none, or none any more.
        """

        async def work(tx: Tx) -> SharePage:
            share = await self._opened(tx, secret)
            songs = await shares.songs(tx, share, await self._visibility.libraries_in(tx, _owner(share)))
            if is_visit:
                await shares.visited(tx, share.id)
            return SharePage(share.secret, share.username, share.description, songs)

        return await self._database.transaction(work)

    async def stream(self, secret: str, place: int) -> Stream:
        """
        What is heard of the song at a place of a share.

        :raise NotFound: there is none, or none any more.  :raise Unavailable: the file is missing, or elsewhere.
        """

        async def read(tx: Tx) -> tuple[OpenShare, SharedSong | None]:
            share = await self._opened(tx, secret)
            libraries = await self._visibility.libraries_in(tx, _owner(share))
            return share, await shares.song(tx, share, libraries, place)

        share, song = await self._database.read(read)
        if song is None:
            raise NotFound
        wish = ListenWish(song.file, None if song.mimetype in PLAYED else "mp3")
        return await self._streaming.stream(_owner(share), song.track, wish)

    async def _opened(self, tx: Tx, secret: str) -> OpenShare:
        found = await shares.opened(tx, secret) if self._is_on and len(secret) <= LONGEST_SECRET else None
        if found is None:
            raise NotFound
        return found


def _owner(share: OpenShare) -> Viewer:
    """The owner, as far as it matters what they may hear."""
    return Viewer(account_id=share.account_id, actor_id=share.actor_id, username=share.username, is_local=True)


def _must_come(expires: datetime | None) -> None:
    if expires is not None and expires <= datetime.now(UTC):
        raise Invalid.on("expires", "This time has passed.")
