"""A test case with music in its database, put there by plain statements."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from fwtwisted.model.people import Viewer
from tests.database import HOME, DatabaseCase

BASE = f"https://{HOME}"


class MusicCase(DatabaseCase):
    """Makes artists, albums, tracks and uploads; each maker returns the new id."""

    async def an_artist(self, name: str, **columns: Any) -> int:
        return await self._made("artist", name=name, **columns)

    async def an_album(self, title: str, artist: int, **columns: Any) -> int:
        return await self._made("album", title=title, artist_id=artist, **columns)

    async def a_track(self, title: str, artist: int, album: int | None = None, **columns: Any) -> int:
        return await self._made("track", title=title, artist_id=artist, album_id=album, **columns)

    async def an_upload(self, library: int, track: int | None, status: str = "finished", **columns: Any) -> UUID:
        """A file of the track; the uuid of its upload."""
        uuid = uuid4()
        facts = {"mimetype": "audio/mpeg", "size": 1_000, "duration": 60, "bitrate": 128_000} | columns
        await self._made(
            "upload",
            uuid=uuid,
            library_id=library,
            track_id=track,
            import_status=status,
            import_reference="test",
            **facts,
        )
        return uuid

    async def tag(self, kind: str, id: int, *names: str) -> None:
        """Tag an object."""
        for name in names:
            await self.do("INSERT INTO tag (name) VALUES (%s) ON CONFLICT DO NOTHING", name)
            await self.do(f"INSERT INTO {kind}_tag SELECT %s, id FROM tag WHERE lower(name) = lower(%s)", id, name)

    async def changed(self, *areas: str) -> None:
        """Raise the versions, as every write of the house does in its own transaction."""
        await self.do("UPDATE area SET version = version + 1 WHERE name = ANY(%s)", list(areas or ("catalog",)))

    async def _made(self, table: str, **columns: Any) -> int:
        columns = {"fid": f"{BASE}/federation/music/{table}s/{uuid4()}"} | columns
        names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
        made: int = await self.value(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", *columns.values())
        return made

    async def a_viewer(self, name: str, actor: int | None = None) -> Viewer:
        """Somebody with an account here."""
        actor = await self.an_actor(name) if actor is None else actor
        account = await self.value(
            "INSERT INTO account (actor_id, username, email, password) VALUES (%s, %s, %s, '!') RETURNING id",
            actor, name, f"{name}@mail.example",
        )  # fmt: skip
        return Viewer(account_id=account, actor_id=actor, username=name, is_local=True)
