"""A pod with a moderator, and what a server that they do not like sends there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fwtwisted.core.fediverse.moderation.purging import PURGE
from fwtwisted.db.jobs import Job
from tests.rest.pod import Client, PodCase

POLICIES, DOMAINS, ACCOUNTS = "manage/moderation/instance-policies/", "manage/federation/domains/", "manage/accounts/"

BLOCKS = "moderation/blocks/"

BAD = "bad.example"


class ModerationCase(PodCase):
    """A moderator, and a server that they do not like."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.chief = await self.person("chief", permissions=["moderation"])
        self.eve = await self.an_actor("eve", BAD)

    async def found(self, place: str, query: Mapping[str, Any]) -> Any:
        """What a list has for the question."""
        return (await self.chief.get(place, **dict(query))).json["results"]

    async def decided(self, target: str = BAD, **switches: Any) -> Any:
        """A policy."""
        kind = "actor" if "@" in target else "domain"
        said = await self.chief.post(POLICIES, {"target": {"type": kind, "id": target}, **switches})
        self.assertEqual(201, said.status, said)
        return said.json

    async def worked(self, kind: str = PURGE) -> int:
        """Do what waits in the queue; how many jobs that were."""
        rows = await self.run_in(
            lambda tx: tx.many(lambda *row: row, "SELECT id, args FROM job WHERE kind = %s ORDER BY id", kind)
        )
        for id, args in rows:
            job = Job(id, kind, None, args, 1, 0, 1, datetime.now(UTC))
            await self.parts.jobs()[kind].run(job)
            await self.do("DELETE FROM job WHERE id = %s", id)
        return len(rows)

    async def their_music(self, host: str = BAD, owner: int | None = None, level: str = "everyone") -> int:
        """A library of eve's with an artist, an album and a track with a copy of its audio; its id."""
        owner = self.eve if owner is None else owner
        library = await self.a_library(owner, level)
        fid = f"https://{host}/federation/music/"
        cover = await self.value(
            "INSERT INTO attachment (url, file, used) VALUES (%s, %s, true) RETURNING id",
            f"https://{host}/cover.jpg",
            f"covers/{host}.jpg",
        )
        artist = await self.an_artist("Eve", fid=f"{fid}artists/1", attributed_to_id=owner)
        album = await self.an_album("Apple", artist, fid=f"{fid}albums/1", cover_id=cover)
        track = await self.a_track("Bite", artist, album, fid=f"{fid}tracks/1")
        await self.an_upload(library, track, audio_file=f"tracks/{host}.mp3")
        await self.changed("catalog", "libraries")
        return library

    async def count(self, table: str) -> int:
        found: int = await self.value(f"SELECT count(*) FROM {table}")
        return found

    async def titles(self, client: Client) -> list[str]:
        return [one["title"] for one in (await client.get("tracks/")).json["results"]]
