"""Accounts as Subsonic's calls about users see and change them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.plugins import PLUGINS
from fwtwisted.model.together import Person

_PERSON = """
    SELECT account.id, account.username, account.email, account.is_superuser, account.permissions,
           account.subsonic_denied_roles, account.subsonic_max_bitrate, picture.creation_date,
           ARRAY(SELECT library.id FROM library
                  WHERE NOT library.is_channel
                    AND (library.actor_id = account.actor_id
                         OR library.id IN (SELECT follow.target_library_id FROM follow
                                            WHERE follow.actor_id = account.actor_id AND follow.approved))
                  ORDER BY library.id),
           EXISTS (SELECT FROM plugin
                    WHERE plugin.account_id = account.id AND plugin.is_enabled AND plugin.name = ANY(%s)
                      AND plugin.conf <> '{}' AND NOT plugin.conf @> '{"submit_listenings": false}')
      FROM account
      JOIN actor ON actor.id = account.actor_id
      LEFT JOIN attachment AS picture ON picture.id = actor.icon_id
     WHERE account.is_active
"""
NAMED = f"{_PERSON} AND lower(account.username) = lower(%s)"
EVERYBODY = f"{_PERSON} ORDER BY lower(account.username)"


async def named(tx: Queries, username: str) -> Person | None:
    """The account of this name, in any case, unless it is switched off."""
    return await tx.maybe(_person, NAMED, list(PLUGINS), username)


async def everybody(tx: Queries) -> list[Person]:
    """All accounts that are not switched off, by name."""
    return await tx.many(_person, EVERYBODY, list(PLUGINS))


def _person(*columns: Any) -> Person:
    id, username, email, is_superuser, permissions, denied, *rest = columns
    return Person(id, username, email, is_superuser, frozenset(permissions), frozenset(denied), *rest)


RESTRICT = "UPDATE account SET subsonic_denied_roles = %s, subsonic_max_bitrate = %s WHERE id = %s"


async def restrict(tx: Tx, account_id: int, denied_roles: Collection[str], max_bitrate: int) -> None:
    """Write what was taken from the account under ``/rest``, and how much it gets at most."""
    roles: Sequence[str] = sorted(denied_roles)
    await tx.do(RESTRICT, list(roles), max_bitrate, account_id)
