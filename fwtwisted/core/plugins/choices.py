"""
Which plugins somebody uses, and with what.

Source: docs/api.md §4.18.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from fwtwisted.db.pod import plugins
from fwtwisted.db.pool import Database
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.people import Viewer
from fwtwisted.model.plugins import PLUGINS, SCROBBLER, Conf, Plugin, PluginField, PluginUse
from fwtwisted.wire.fields import REQUIRED


@frozen
class LastfmSettings:
    """The pod's own registration at Last.fm; empty: it has none, and people must name another server."""

    key: str = ""
    secret: str = ""

    @property
    def is_there(self) -> bool:
        """Whether people may scrobble there."""
        return bool(self.key and self.secret)


class PluginChoices:
    """Everybody's own choices."""

    def __init__(self, database: Database, lastfm: LastfmSettings) -> None:
        self._database, self._lastfm = database, lastfm

    def fields(self, plugin: Plugin) -> Sequence[PluginField]:
        """What is to be set: without Last.fm, a scrobbler needs its server."""
        if plugin is not SCROBBLER or self._lastfm.is_there:
            return plugin.fields
        return [evolve(field, is_required=True) if field.name == "url" else field for field in plugin.fields]

    async def listed(self, viewer: Viewer) -> list[PluginUse]:
        """All plugins, and what the viewer does with each."""
        account_id = viewer.the_account
        found = await self._database.read(lambda tx: plugins.uses(tx, account_id))
        return [found.get(plugin.name) or PluginUse(plugin) for plugin in PLUGINS.values()]

    async def one(self, viewer: Viewer, name: str) -> PluginUse:
        """:raise NotFound: there is no such plugin."""
        known(name)
        return next(use for use in await self.listed(viewer) if use.plugin.name == name)

    async def set_conf(self, viewer: Viewer, name: str, conf: Conf) -> PluginUse:
        """
        Say with what a plugin works.

        :raise NotFound: there is no such plugin.  :raise Invalid: something is missing.
        """
        account_id, plugin = viewer.the_account, known(name)
        missing = {
            field.name: [REQUIRED] for field in self.fields(plugin) if field.is_required and conf[field.name] is None
        }
        if missing:
            raise Invalid(missing)
        await self._database.transaction(lambda tx: plugins.set_conf(tx, account_id, name, conf))
        return await self.one(viewer, name)

    async def enable(self, viewer: Viewer, name: str, is_enabled: bool) -> None:
        """Switch it on or off.  :raise NotFound: there is no such plugin."""
        account_id = viewer.the_account
        known(name)
        await self._database.transaction(lambda tx: plugins.enable(tx, account_id, name, is_enabled))

    async def forget(self, viewer: Viewer, name: str) -> None:
        """Switched off, and nothing is kept.  :raise NotFound: there is no such plugin."""
        account_id = viewer.the_account
        known(name)
        await self._database.transaction(lambda tx: plugins.forget(tx, account_id, name))


def known(name: str) -> Plugin:
    """The plugin of that name.  :raise NotFound: there is none."""
    plugin = PLUGINS.get(name)
    if plugin is None:
        raise NotFound
    return plugin
