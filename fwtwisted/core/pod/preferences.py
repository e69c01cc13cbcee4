"""
Instance settings while the pod runs: asked for by everybody, changed by administrators.

They are kept in the process.  A change rings the bell ``preferences`` after its commit; a ring that gets lost costs
five seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.pod.fresh import Fresh
from fwtwisted.db.files import doomed
from fwtwisted.db.pod import instance
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Invalid, NotFound, Problems, Unavailable
from fwtwisted.model.preferences import (
    BANNER,
    DEFAULTS,
    PREFERENCES,
    Kind,
    Preference,
    StoredImage,
    Value,
    Values,
    parsed,
)
from fwtwisted.outside.shared import Bell

BELL: Final = "preferences"


@frozen
class PreferencesSettings:
    """How long values hold.  :ivar fresh_seconds: how old values may be when a ring was lost."""

    fresh_seconds: float = 5.0


class Preferences:
    """The instance settings."""

    _log = Logger()

    def __init__(
        self, database: Database, bell: Bell, clock: IReactorTime, settings: PreferencesSettings | None = None
    ) -> None:
        self._database, self._bell = database, bell
        seconds = (settings or PreferencesSettings()).fresh_seconds
        self._kept: Fresh[Values] = Fresh(clock, seconds, self._look)
        self._deaf = bell.listen(BELL, lambda _: self._kept.forget())

    def close(self) -> None:
        """Listen to the bell no more."""
        self._deaf()

    async def values(self) -> Values:
        """Every preference's value.  The same object for as long as nothing was looked up again."""
        return await self._kept.get()

    async def value(self, identifier: str) -> Value:
        """One preference's value."""
        return (await self.values())[identifier]

    async def is_open(self) -> bool:
        """Whether visitors may read and listen."""
        return not await self.value("common__api_authentication_required")

    async def change(self, changes: Mapping[str, Value]) -> list[Preference]:
        """
        Set several preferences at once, all or none.

        :param changes: by identifier, as JSON or a form has them.
        :return: those that were named, in their order.
        :raise Invalid: ``{identifier: {"value": [message]}}``; for unknown ones ``{identifier: [message]}``.
        """
        values = _read(changes)
        await self._database.transaction(lambda tx: self._store(tx, values))
        self._kept.forget()
        return [PREFERENCES[identifier] for identifier in changes]

    async def change_one(self, identifier: str, raw: Value) -> Preference:
        """
        Set one preference.

        :raise NotFound: there is none of the name.  :raise Invalid: ``{"value": [message]}``.
        """
        preference = known(identifier)
        value = parsed(preference, raw)
        await self._database.transaction(lambda tx: self._store(tx, {identifier: value}))
        self._kept.forget()
        return preference

    async def _store(self, tx: Tx, values: dict[str, Value]) -> None:
        if BANNER in values:
            await _change_banner(tx, values[BANNER])
        await instance.store_preferences(tx, values)
        tx.after_commit(self._bell.ring, BELL)

    async def _look(self) -> Values:
        stored = await self._database.read(instance.stored_preferences)
        return {**DEFAULTS, **dict(self._lawful(stored))}

    def _lawful(self, stored: Values) -> Iterable[tuple[str, Value]]:
        """What is stored, but for values that an older or newer release understood."""
        for identifier, raw in stored.items():
            preference = PREFERENCES.get(identifier)
            if preference is None:
                continue
            try:
                yield identifier, parsed(preference, _trusted(preference, raw))
            except Invalid:
                self._log.warn(
                    "the stored value of {identifier} makes no sense; its default stands",
                    event="preferences.odd",
                    identifier=identifier,
                )


async def _change_banner(tx: Tx, new: str | None) -> None:
    """The old picture goes; the new one, which was stored before, stays.  :raise Unavailable: it is gone already."""
    old = (await instance.stored_preferences(tx)).get(BANNER)
    if old == new:
        return
    await doomed.doom(tx, [old] if old else [])
    if new is not None and await doomed.spare(tx, [new]) != 1:
        raise Unavailable("This took too long; try again.")


def known(identifier: str) -> Preference:
    """The preference of this name.  :raise NotFound: there is none."""
    try:
        return PREFERENCES[identifier]
    except KeyError as missing:
        raise NotFound() from missing


def _read(changes: Mapping[str, Value]) -> dict[str, Value]:
    """The values of the changes, or everything that is wrong with them."""
    values: dict[str, Value] = {}
    problems: dict[str, list[str] | Problems] = {}
    for identifier, raw in changes.items():
        if identifier not in PREFERENCES:
            problems[identifier] = ["There is no such setting."]
            continue
        try:
            values[identifier] = parsed(PREFERENCES[identifier], raw)
        except Invalid as wrong:
            problems[identifier] = wrong.problems
    if problems:
        raise Invalid(problems)
    return values


def _trusted(preference: Preference, raw: Value) -> Value:
    """A stored picture's name is one that we gave."""
    return StoredImage(raw) if preference.kind is Kind.IMAGE and isinstance(raw, str) else raw
