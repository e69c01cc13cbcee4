"""What hangs where: every HTTP area built once and put at its prefixes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from fwtwisted.config import Config
from fwtwisted.ground import Ground
from fwtwisted.parts import Parts
from fwtwisted.web import instance
from fwtwisted.web.callers import Callers, Cookies, CsrfGuard, Identities
from fwtwisted.web.forwarded import Trust
from fwtwisted.web.health import Check, Health
from fwtwisted.web.listening import Activity, Favorites, History, ListeningDesk
from fwtwisted.web.music import Albums, Artists, Licenses, MusicDesk, Search, Tags, Tracks
from fwtwisted.web.page import Page, page_policy
from fwtwisted.web.site import Mount, SiteSettings

API = "/api/v1"
PAGE_FOLDER = Path(__file__).parent / "page"


class Faces:
    """All areas, and the mounts that a site is made of."""

    def __init__(
        self,
        ground: Ground,
        parts: Parts,
        checks: Mapping[str, Check],
        delay: Callable[[], float],
        is_draining: Callable[[], bool],
    ) -> None:
        self._config, self._parts, self._ground = ground.config, parts, ground
        general = ground.config.general
        self._cookies = Cookies(general.is_secure, general.session_seconds)
        signin = parts.signin
        self._callers = Callers(
            Identities(signin.by_token, signin.by_session, signin.by_password, signin.by_listen_token),
            parts.preferences.is_open,
            CsrfGuard(general.is_secure, frozenset(general.hosts)),
        )
        self._health = Health(ground.reactor, checks, delay, is_draining)

    def mounts(self) -> list[Mount]:
        """Every prefix and what hangs there."""
        return [
            *self._music(),
            *self._listening(),
            *instance.mounts(self._parts.instance, self._parts.preferences, self._callers, self._cookies),
            Mount("/health", self._health.app.resource()),
            Mount("", Page(str(PAGE_FOLDER), self._cookies, page_policy())),
        ]

    def _music(self) -> list[Mount]:
        parts = self._parts
        api = f"{self._config.general.public_url}{API}"
        desk = MusicDesk(parts.catalog, parts.libraries, self._callers, parts.paper, api)
        return [
            Mount(f"{API}/artists", Artists(desk).app.resource()),
            Mount(f"{API}/albums", Albums(desk).app.resource()),
            Mount(f"{API}/tracks", Tracks(desk).app.resource()),
            Mount(f"{API}/search", Search(desk).app.resource()),
            Mount(f"{API}/tags", Tags(desk).app.resource()),
            Mount(f"{API}/licenses", Licenses(desk).app.resource()),
        ]

    def _listening(self) -> list[Mount]:
        parts, url = self._parts, self._config.general.public_url
        desk = ListeningDesk(parts.listening, self._callers, parts.paper, url, f"{url}{API}")
        return [
            Mount(f"{API}/favorites/tracks", Favorites(desk).app.resource()),
            Mount(f"{API}/history/listenings", History(desk).app.resource()),
            Mount(f"{API}/activity", Activity(desk).app.resource()),
        ]


def site_settings(config: Config) -> SiteSettings:
    """How the front door behaves, as configured."""
    return SiteSettings(
        hosts=frozenset(_name(host) for host in config.general.hosts),
        trust=Trust(config.processes.trusted_proxies, config.processes.num_proxies),
        grace_seconds=config.processes.grace_seconds,
    )


def _name(host: str) -> str:
    """A host without its port."""
    head, colon, port = host.rpartition(":")
    return (head if colon and port.isdigit() else host).strip("[]")
