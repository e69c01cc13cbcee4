"""Posts for which there is no room while other servers are asked for keys."""

from __future__ import annotations

import time
from collections.abc import Mapping

from twisted.internet.defer import Deferred

from tests.hostile import FarEnd, ok
from tests.signed import INBOX, a_key, a_request, by_cavage
from tests.waiting import until
from tests.web.federation.posting import ACTIVITY, PostingCase
from tests.web.serving import Answer


class CrowdTests(PostingCase):
    """There is so much room."""

    environment: Mapping[str, str] = {"FEDERATION_ALLOW_PRIVATE": "127.0.0.1"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.far = await FarEnd.on(self)
        self.far.does("/users/slow", lambda line: None)

    async def large(self, name: str) -> Answer:
        """A post as large as may be, by somebody whom nobody here knows."""
        fid = self.far.url(f"/users/{name}")
        body = b'{"type": "Like", "actor": "%s", "content": "%s"}' % (fid.encode(), b"x" * 1_048_000)
        signed = by_cavage(a_request(target=INBOX, body=body, now=time.time()), a_key(), key_id=f"{fid}#main-key")
        told = {title.title(): ", ".join(values) for title, values in signed.headers.items()}
        return await self.served.ask("POST", INBOX, told | {"Content-Type": ACTIVITY}, body)

    async def test_too_many(self) -> None:
        """429 with the time to wait (docs/federation.md §1.7), not a failure of ours."""
        first = Deferred.fromCoroutine(self.large("slow"))
        await until(lambda: len(self.far.lines) == 1, "the question for the key")
        said = await self.large("other")
        self.assertEqual(429, said.status, said)
        self.assertGreater(int(said.header("Retry-After") or 0), 0)
        self.far.lines[0].write(ok(b"", status="404 Not Found"))
        self.assertEqual(401, (await first).status)
