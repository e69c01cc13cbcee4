"""
The actor that the pod itself is: it owns what no person owns, and signs what no person says.

Made when first asked for; several processes that do so at once make one.  Source: docs/settings.md,
``FEDERATION_SERVICE_ACTOR_USERNAME``.
"""

from __future__ import annotations

from fwtwisted.core.people.actors import own_actor
from fwtwisted.core.people.keys import new_keys
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import Misconfigured
from fwtwisted.model.people import Pod
from fwtwisted.model.threads import Threads

SERVICE = "Service"


class ServiceActor:
    """Knows the pod's own actor."""

    def __init__(self, database: Database, threads: Threads, pod: Pod, username: str) -> None:
        self._database, self._threads = database, threads
        self._pod, self._username = pod, username
        self._id: int | None = None

    @property
    def fid(self) -> str:
        """The federation id of the actor, whether or not it was made already."""
        return self._pod.fid(f"actors/{self._username}")

    def is_called(self, username: str) -> bool:
        """Whether this is its name, in any case of letters."""
        return username.lower() == self._username.lower()

    async def id(self) -> int:
        """
        The key of the actor.

        :raise Misconfigured: a person or a channel has the name that the pod is to have.
        """
        if self._id is None:
            found = await self._database.read(self._known)
            self._id = await self._made() if found is None else found
        return self._id

    async def _known(self, tx: Queries) -> int | None:
        actor = await people.actor_named(tx, self._username, self._pod.domain)
        if actor is None:
            return None
        if actor.type != SERVICE:
            raise Misconfigured(f"The name {self._username} is taken by somebody who is not the pod itself.")
        return actor.id

    async def _made(self) -> int:
        keys = await self._threads(new_keys)
        pod, username = self._pod, self._username
        new = own_actor(pod, username, SERVICE, username, f"{pod.url}/@{username}", keys)

        async def work(tx: Tx) -> int:
            await people.lock_sign_ups(tx)
            known = await self._known(tx)
            if known is not None:
                return known
            await people.add_domain(tx, pod.domain)
            made = await people.add_actor(tx, new)
            if made is None:
                raise Misconfigured(f"The name {username} is taken by somebody who is not the pod itself.")
            await people.serve(tx, pod.domain, made)
            return made

        return await self._database.transaction(work)
