"""
Pictures of other servers: brought here when somebody first looks at one, and kept as those that people send.

Only addresses that feeds and other pods gave us are asked, through the door that keeps us from private places
(``outside/fetching``).  Who looks meanwhile waits for the same request; an address that answered with no picture is
left alone for a while.  Source: docs/storage.md §6.2, ``EXTERNAL_MEDIA_PROXY_ENABLED``.
"""

from __future__ import annotations

from uuid import UUID

from attrs import evolve, frozen
from twisted.logger import Logger

from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.files.attachments import Attachments
from fwtwisted.model.errors import Invalid, NotFound, RemoteFailed
from fwtwisted.model.music import Attachment
from fwtwisted.outside.cache.once import Once
from fwtwisted.outside.fetching import FetchFailed, Fetching, Wish
from fwtwisted.outside.shared import Cache
from fwtwisted.wire.targets import PLAIN_OR_SECURE, authority

REST_SECONDS = 600.0  # after an address answered with no picture
LARGEST = 5_000_000  # bytes, as of pictures that people send
ASKED = Wish(headers={"Accept": "image/*"}, largest=LARGEST, schemes=PLAIN_OR_SECURE)


@frozen
class RemotePictureSettings:
    """:ivar brings: False: whoever looks is sent to the other server."""

    brings: bool = True


class RemotePictures:
    """Brings pictures here."""

    _log = Logger()

    def __init__(
        self,
        attachments: Attachments,
        fetching: Fetching,
        policies: Policies,
        cache: Cache,
        settings: RemotePictureSettings,
    ) -> None:
        self._attachments, self._fetching, self._policies, self._cache = attachments, fetching, policies, cache
        self._settings, self._wish = settings, evolve(ASKED, permit=policies.permit_media_hop)
        self._once: Once[Attachment] = Once()

    async def here(self, uuid: UUID) -> Attachment:
        """
        The picture, with its file; without one where it is not brought here at all, but lies at its ``url``.

        :raise NotFound: there is none.  :raise RemoteFailed: its server does not give it.
        """
        found = await self._attachments.one(uuid)
        if found.file is not None:
            return found
        if found.url is None:
            raise NotFound
        if await self._policies.rejects_media(authority(found.url) or ""):
            raise RemoteFailed("Moderators want no pictures of this server.")
        if not self._settings.brings:
            return found
        return await self._once.do(uuid, lambda: self._brought(found))

    async def _brought(self, found: Attachment) -> Attachment:
        failed = f"picture:{found.uuid}"
        if await self._cache.get(failed) is not None:
            raise RemoteFailed("The picture could not be fetched a moment ago.")
        try:
            return await self._attachments.fill(found, await self._asked(found.url or ""))
        except (FetchFailed, Invalid) as why:
            await self._cache.put(failed, b"1", REST_SECONDS)
            self._log.info(
                "picture {uuid} cannot be fetched: {why}", event="pictures.away", uuid=str(found.uuid), why=str(why)
            )
            raise RemoteFailed("The picture cannot be fetched.") from why

    async def _asked(self, url: str) -> bytes:
        """:raise FetchFailed: :raise Invalid: there is something else than a picture."""
        fetched = await self._fetching.get(url, self._wish)
        if not fetched.is_good:
            raise Invalid.on("file", f"the server answered with status {fetched.status}")
        return fetched.body
