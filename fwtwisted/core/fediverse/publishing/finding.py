"""
Who a handle or an address means, for those who look from outside.

Source: docs/federation.md §2.2, §2.3; docs/api.md §6.1.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.fediverse.publishing.gate import Reader
from fwtwisted.core.fediverse.publishing.showcase import Sheet, Showcase
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.db.fediverse import published
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Gone, NotFound
from fwtwisted.model.music import Kind
from fwtwisted.model.people import VISITOR, Pod
from fwtwisted.model.shown import Place, Sort
from fwtwisted.wire.activitypub import discovery
from fwtwisted.wire.activitypub.writing import actors
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.v1 import Document

KINDS = {Sort.TRACK: Kind.TRACK, Sort.ALBUM: Kind.ALBUM, Sort.ARTIST: Kind.ARTIST}
LARGEST_ID = 2**63 - 1


class Finding:
    """Finds what is meant."""

    def __init__(
        self, database: Database, visibility: Visibility, showcase: Showcase, service: ServiceActor, paper: Paper
    ) -> None:
        self._database, self._visibility = database, visibility
        self._showcase, self._service, self._paper = showcase, service, paper

    @property
    def _pod(self) -> Pod:
        return self._paper.pod

    def host_meta(self) -> bytes:
        """Where WebFinger is."""
        return discovery.host_meta(self._pod)

    def host_meta_json(self) -> Document:
        """The same as JSON."""
        return discovery.host_meta_json(self._pod)

    async def webfinger(self, resource: str | None) -> Document:
        """
        Where an actor of ours is.

        :raise BadRequest:  :raise NotFound:  :raise Gone:
        """
        sought = discovery.sought(resource, self._pod)
        if isinstance(sought, discovery.Server):
            return discovery.server(sought, self._service.fid)
        persona = await self._showcase.persona(sought.username)
        if persona.actor.type == actors.TOMBSTONE:
            raise Gone
        return discovery.webfinger(persona, self._paper)

    async def at(self, place: Place, reader: Reader) -> Sheet:
        """
        The document of what a page is about.

        :raise NotFound: it has none.
        """
        if place.sort in KINDS:
            return await self._work(KINDS[place.sort], int(place.key), reader)
        if place.sort is Sort.LIBRARY:
            return await self._showcase.library(reader, UUID(place.key), None)
        if place.sort is Sort.PLAYLIST:
            raise NotFound
        return self._showcase.introduced(await self._showcase.persona(await self._username(place)))

    async def _username(self, place: Place) -> str:
        """The name of the actor of ours whose page it is."""
        name, _, domain = place.key.partition("@")
        if domain and domain.lower() != self._pod.domain:
            raise NotFound
        try:
            uuid = UUID(name)
        except ValueError:
            return name
        found = await self._database.read(lambda tx: published.channel_username(tx, uuid))
        if found is None:
            raise NotFound
        return found

    async def _work(self, kind: Kind, id: int, reader: Reader) -> Sheet:
        """A track is told as its first file, where everybody may hear one."""
        if id > LARGEST_ID:
            raise NotFound

        async def look(tx: Tx) -> tuple[UUID | None, UUID | None]:
            visible = await self._visibility.libraries_in(tx, VISITOR)
            upload = await published.first_upload(tx, id, visible) if kind is Kind.TRACK else None
            return upload, await published.work_uuid(tx, kind, id)

        upload, work = await self._database.read(look)
        if upload is not None:
            return await self._showcase.upload(reader, upload)
        if work is None:
            raise NotFound
        return await self._showcase.work(kind, work)
