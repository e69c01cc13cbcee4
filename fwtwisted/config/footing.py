"""The settings of what the server and the commands both stand on.  Few imports: every command waits for them."""

from __future__ import annotations

from fwtwisted.config.values import Config
from fwtwisted.db.pool import DatabaseSettings
from fwtwisted.model.people import Pod
from fwtwisted.outside.shared import CacheSettings, RedisPlace


def database_settings(config: Config, dsn: str) -> DatabaseSettings:
    """How PostgreSQL is reached.  :param dsn: ``config.database.url``, or that of the private cluster."""
    return DatabaseSettings(dsn, connections=config.database.connections)


def cache_settings(config: Config) -> CacheSettings:
    """Redis when there is one, else memory."""
    url = config.database.cache_url
    return CacheSettings(redis=None if url is None else RedisPlace.at(url))


def pod(config: Config) -> Pod:
    """This server, as others name it."""
    return Pod(config.general.own_url, config.general.hostname)
