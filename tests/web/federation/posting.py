"""A pod with open inboxes, and people elsewhere whose keys it knows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from fwtwisted.db.jobs import Job, Later
from fwtwisted.db.pool import Tx
from tests.rest.pod import PodCase
from tests.signed import INBOX, a_key, a_request, by_cavage, pem
from tests.web.serving import Answer

FAR = "far.example"
HOME_URL = "https://pod.example/federation"
ACTIVITY = "application/activity+json"


class PostingCase(PodCase):
    """Somebody elsewhere posts."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.ada = await self.a_stranger("ada")

    async def a_stranger(self, name: str, domain: str = FAR, number: int = 0) -> int:
        """Somebody whose key is known."""
        made = await self.an_actor(name, domain)
        fid = f"https://{domain}/federation/actors/{name}"
        await self.do(
            "UPDATE actor SET public_key = %s, key_id = %s, inbox_url = %s WHERE id = %s",
            pem(a_key(number=number)), f"{fid}#main-key", f"{fid}/inbox", made,
        )  # fmt: skip
        return made

    async def post(
        self,
        document: Any,
        *,
        name: str = "ada",
        domain: str = FAR,
        number: int = 0,
        target: str = INBOX,
        kind: str = ACTIVITY,
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """Post a document, signed; those without an actor get the signer as theirs."""
        fid = f"https://{domain}/federation/actors/{name}"
        if body is None:
            body = orjson.dumps({"actor": fid, **document} if isinstance(document, Mapping) else document)
        bare = a_request(target=target, body=body, now=time.time())
        signed = by_cavage(bare, a_key(number=number), key_id=f"{fid}#main-key")
        told = {title.title(): ", ".join(values) for title, values in signed.headers.items()} | {"Content-Type": kind}
        return await self.served.ask("POST", target, told | headers, body)

    async def drain(self, host: str = FAR) -> None:
        """Have what was accepted its effect."""
        job = Job(1, "received.drain", host, {"host": host}, 1, 0, 1, datetime.now(UTC))
        with suppress(Later):
            await self.parts.fediverse.receiving.queue.drain(job)

    async def accepted(self) -> list[str]:
        """The types of what was written down."""
        return await self.run_in(Tx.many, str, "SELECT type FROM received ORDER BY id")
