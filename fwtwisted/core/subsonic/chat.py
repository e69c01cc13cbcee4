"""Chat: what people of the pod say to each other, for a while.  Source: docs/subsonic.md rule 42, §8.11."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import chat
from fwtwisted.model.errors import Forbidden
from fwtwisted.model.together import ChatMessage

MOST_MESSAGES = 100
DAYS = 7


class Chat:
    """
    Keeps what is said.

    :param is_on: whether the pod offers it; without it nothing is said, and nothing shown.
    """

    def __init__(self, database: Database, *, is_on: bool) -> None:
        self._database, self._is_on = database, is_on

    async def since(self, moment: datetime | None) -> Sequence[ChatMessage]:
        """What was said after the moment, the newest first."""
        if not self._is_on:
            return ()
        return await self._database.read(lambda tx: chat.messages(tx, moment, DAYS, MOST_MESSAGES))

    async def say(self, account_id: int, message: str) -> None:
        """
        Say something to everybody on the pod.

        :param message: 1 to 2000 characters.
        :raise Forbidden: chat is switched off.
        """
        if not self._is_on:
            raise Forbidden("Chat is switched off on this pod.")
        await self._database.transaction(lambda tx: chat.say(tx, account_id, message, DAYS, MOST_MESSAGES))
