"""
Programs that act for people, and the personal tokens by which their owners use them.

Source: docs/api.md §4.4.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from fwtwisted.core.people.tokens import new_personal_token
from fwtwisted.db.people import applications
from fwtwisted.db.people.applications import NewApplication
from fwtwisted.db.pool import Database
from fwtwisted.model.accounts import ApplicationWish
from fwtwisted.model.errors import NotFound
from fwtwisted.model.people import Application, Viewer

CLIENT_ID_BYTES = 30
CLIENT_SECRET_BYTES = 64


def kept_secret(client_secret: str) -> str:
    """What is kept of a client's secret; it has 512 random bits, so that one round of SHA-256 is enough."""
    return "sha256$" + hashlib.sha256(client_secret.encode()).hexdigest()


class Applications:
    """Registers programs and renews what they are known by."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, viewer: Viewer, wish: ApplicationWish) -> tuple[Application, str]:
        """
        Make a program known; anybody may.  One that an account registers gets a personal token.

        A program that acts for somebody with few scopes registers as nobody: else it could give itself more.

        :return: the program, and its secret, which is told only now.
        """
        client_secret = secrets.token_hex(CLIENT_SECRET_BYTES)
        owner = viewer.account_id if viewer.may("write:security") else None
        new = NewApplication(
            client_id=secrets.token_urlsafe(CLIENT_ID_BYTES),
            client_secret=kept_secret(client_secret),
            account_id=owner,
            name=wish.name,
            redirect_uris=wish.redirect_uris,
            scopes=wish.scopes,
            token=None if owner is None else new_personal_token(),
        )
        made = await self._database.transaction(lambda tx: applications.add_application(tx, new))
        return made, client_secret

    async def one(self, client_id: str) -> Application:
        """The program of this id.  :raise NotFound:"""
        return _found(await self._database.read(lambda tx: applications.application(tx, client_id)))

    async def own(self, viewer: Viewer, limit: int, offset: int) -> tuple[int, list[Application]]:
        """How many programs the viewer registered, and one page of them, the latest first."""
        account_id = _account_of(viewer)
        return await self._database.read(lambda tx: applications.applications_of(tx, account_id, limit, offset))

    async def change(self, viewer: Viewer, client_id: str, values: Mapping[str, str]) -> Application:
        """Change ``name``, ``redirect_uris``, ``scopes``.  :raise NotFound: also when it is somebody else's."""
        account_id = _account_of(viewer)
        return _found(
            await self._database.transaction(
                lambda tx: applications.change_application(tx, client_id, account_id, values)
            )
        )

    async def renew_token(self, viewer: Viewer, client_id: str) -> Application:
        """Give the program a new personal token; the old one is void.  :raise NotFound: as :meth:`change`."""
        return await self.change(viewer, client_id, {"token": new_personal_token()})

    async def remove(self, viewer: Viewer, client_id: str) -> None:
        """Forget the program with every token that it holds.  :raise NotFound: as :meth:`change`."""
        account_id = _account_of(viewer)
        if not await self._database.transaction(lambda tx: applications.remove_application(tx, client_id, account_id)):
            raise NotFound()


def _account_of(viewer: Viewer) -> int:
    if viewer.account_id is None:
        raise NotFound()
    return viewer.account_id


def _found(application: Application | None) -> Application:
    if application is None:
        raise NotFound()
    return application
