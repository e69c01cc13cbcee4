"""What people set for the plugins, and what plugins tell of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from fwtwisted.db.pool import Tx
from fwtwisted.model.plugins import PLUGINS, Conf, PluginUse, Scrobble

USES = "SELECT name, is_enabled, conf FROM plugin WHERE account_id = %s"


async def uses(tx: Tx, account_id: int) -> dict[str, PluginUse]:
    """What the account set, by the plugin's name; names that we do not know are passed over."""
    found = await tx.many(lambda *columns: columns, USES, account_id)
    return {name: PluginUse(PLUGINS[name], enabled, conf) for name, enabled, conf in found if name in PLUGINS}


SET = """
    INSERT INTO plugin (account_id, name, conf) VALUES (%s, %s, %s)
        ON CONFLICT (account_id, name) DO UPDATE SET conf = EXCLUDED.conf
"""


async def set_conf(tx: Tx, account_id: int, name: str, conf: Conf) -> None:
    """Set what the account wants of a plugin."""
    await tx.do(SET, account_id, name, dict(conf))


ENABLE = """
    INSERT INTO plugin (account_id, name, is_enabled) VALUES (%s, %s, %s)
        ON CONFLICT (account_id, name) DO UPDATE SET is_enabled = EXCLUDED.is_enabled
"""


async def enable(tx: Tx, account_id: int, name: str, is_enabled: bool) -> None:
    """Switch a plugin on or off for the account."""
    await tx.do(ENABLE, account_id, name, is_enabled)


FORGET = "DELETE FROM plugin WHERE account_id = %s AND name = %s"


async def forget(tx: Tx, account_id: int, name: str) -> None:
    """Nothing is set any more."""
    await tx.do(FORGET, account_id, name)


ENABLED = """
    SELECT account.actor_id, plugin.name FROM account JOIN plugin ON plugin.account_id = account.id
     WHERE account.actor_id = ANY(%s) AND plugin.is_enabled ORDER BY account.actor_id, plugin.name
"""


async def enabled(tx: Tx, actor_ids: Collection[int]) -> dict[int, list[str]]:
    """The plugins that these people have switched on, by actor."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for actor_id, name in await tx.many(lambda *columns: columns, ENABLED, list(actor_ids)):
        if name in PLUGINS:
            found[actor_id].append(name)
    return found


CONF = """
    SELECT plugin.conf FROM plugin JOIN account ON account.id = plugin.account_id
     WHERE account.actor_id = %s AND plugin.name = %s AND plugin.is_enabled AND account.is_active
"""


async def conf_of(tx: Tx, actor_id: int, name: str) -> Conf | None:
    """What somebody set for a plugin that is switched on; None: it is not, or not any more."""
    return await tx.maybe(_as_it_is, CONF, actor_id, name)


def _as_it_is(conf: Any) -> Conf:
    return dict(conf)


SCROBBLE = """
    SELECT track.title, artist.name, album.title, track.position,
           (SELECT max(upload.duration) FROM upload WHERE upload.track_id = track.id),
           track.mbid, artist.mbid, album.mbid, listening.creation_date
      FROM listening
      JOIN track ON track.id = listening.track_id
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
     WHERE listening.id = %s
"""


async def scrobble(tx: Tx, listening_id: int) -> Scrobble | None:
    """What is told of a listening; None when it is gone."""
    return await tx.maybe(Scrobble, SCROBBLE, listening_id)


OPINION = """
    SELECT track.mbid, EXISTS (SELECT FROM favorite WHERE track_id = track.id AND actor_id = %s)
      FROM track WHERE id = %s AND mbid IS NOT NULL
"""


async def opinion(tx: Tx, actor_id: int, track_id: int) -> tuple[UUID, bool] | None:
    """The recording, and whether it is somebody's favourite; None for tracks that nobody elsewhere knows."""
    return await tx.maybe(lambda mbid, is_favorite: (mbid, is_favorite), OPINION, actor_id, track_id)
