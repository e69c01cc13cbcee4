"""What hangs where: every HTTP area built once and put at its prefixes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from fwtwisted import __version__
from fwtwisted.config import ConfigError
from fwtwisted.config import parts as settings
from fwtwisted.ground import Ground
from fwtwisted.outside.front import MARK, FrontFolder
from fwtwisted.parts import Parts
from fwtwisted.web.callers import Callers, Identities
from fwtwisted.web.federation import face as federation
from fwtwisted.web.federation.signers import by_signature
from fwtwisted.web.front import Front, Wardrobe
from fwtwisted.web.health import Check, Health
from fwtwisted.web.limits import Turnstile, guarded
from fwtwisted.web.live import LiveDoor
from fwtwisted.web.opengraph import Dressing
from fwtwisted.web.page import OwnPage, app_policy, page_policy
from fwtwisted.web.shared import SharedPages, Surroundings
from fwtwisted.web.site import Mount
from fwtwisted.web.subsonic import face as subsonic
from fwtwisted.web.subsonic.commons import areas as commons_areas
from fwtwisted.web.subsonic.commons import extensions as commons_extensions
from fwtwisted.web.v1 import accounts
from fwtwisted.web.v1.accounts import PeopleDesk
from fwtwisted.web.v1.administration import AdministrationDesk
from fwtwisted.web.v1.applications import ApplicationDesk
from fwtwisted.web.v1.arrivals import ArrivalsDesk
from fwtwisted.web.v1.attachments import AttachmentDesk
from fwtwisted.web.v1.channels import PodcastDesk
from fwtwisted.web.v1.edits import EditsDesk
from fwtwisted.web.v1.federation import FederationDesk
from fwtwisted.web.v1.folders import FoldersDesk
from fwtwisted.web.v1.instance import InstanceDesk
from fwtwisted.web.v1.librarians import LibrarianDesk
from fwtwisted.web.v1.libraries import LibraryDesk
from fwtwisted.web.v1.limits import RateLimits
from fwtwisted.web.v1.listening import Activity, Favorites, History, ListeningDesk
from fwtwisted.web.v1.moderating import ModerationDesk
from fwtwisted.web.v1.moderation import HidingDesk
from fwtwisted.web.v1.music import MusicDesk
from fwtwisted.web.v1.notifications import InboxDesk
from fwtwisted.web.v1.oauth import OAuthDesk
from fwtwisted.web.v1.oembed import OEmbed
from fwtwisted.web.v1.playlists import PlaylistDesk
from fwtwisted.web.v1.plugins import PluginDesk
from fwtwisted.web.v1.radios import RadioDesk
from fwtwisted.web.v1.reports import ReportDesk
from fwtwisted.web.v1.schema import SchemaDesk
from fwtwisted.web.v1.streaming import Listen, StreamMp3
from fwtwisted.web.v1.subsonic_keys import SubsonicKeysFace
from fwtwisted.web.v1.text import TextPreview
from fwtwisted.web.v1.uploads import UploadDesk
from fwtwisted.wire.v1.librarians.documents import LibrarianPaper

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
        self._config, self._parts, self._threads = ground.config, parts, ground.threads
        self._api_url = f"{ground.config.general.public_url}{API}"
        self._cookies = settings.cookies(ground.config)
        signin, self._turnstile = parts.signin, Turnstile(parts.limits.spend)
        self._callers = Callers(
            Identities(
                signin.by_token,
                signin.by_session,
                signin.by_password,
                signin.by_listen_token,
                by_signature(parts.fediverse.verifying),
            ),
            parts.preferences.is_open,
            settings.csrf_guard(ground.config),
            self._turnstile.caller,
        )
        self._live = LiveDoor(parts.live, signin.by_session, settings.csrf_guard(ground.config))
        self._health = Health(ground.reactor, checks, delay, is_draining)

    def mounts(self) -> list[Mount]:
        """Every prefix and what hangs there."""
        mounts = [
            *self._people(),
            *self._music(),
            *self._listening(),
            *self._radios(),
            *self._federation(),
            *self._librarians(),
            self._uploads(),
            *self._pictures(),
            *self._streaming(),
            *self._instance(),
            Mount("/health", self._health.app.resource()),
            RateLimits(self._parts.limits, self._callers).mount(),
            PluginDesk(self._parts.plugin_choices, self._callers).mount(),
            *self._front(),
        ]
        mounts.append(SchemaDesk(self._config.general.public_url, __version__, lambda: mounts).mount())
        return [*guarded([*mounts, self._shared()], self._turnstile), *self._subsonic()]

    def _subsonic(self) -> list[Mount]:
        """The Subsonic face, which counts by itself."""
        parts, config = self._parts, self._config
        room, media, commons = parts.subsonic, parts.subsonic_media, parts.commons
        return subsonic.mounts(
            room=room,
            media=media,
            front=settings.front(config),
            server=settings.subsonic_server(config),
            by_bearer=parts.signin.by_token,
            limits=parts.limits,
            is_enabled=partial(parts.preferences.value, "subsonic__enabled"),
            further=commons_areas(commons, room),
            policy=settings.login_policy(config),
            extensions=commons_extensions(commons),
        )

    def _shared(self) -> Mount:
        """What users of Subsonic apps show to outsiders."""
        parts, media = self._parts, settings.media_origins(self._config)
        surroundings = Surroundings(parts.preferences.value, parts.subsonic.paper, parts.pod.domain, media)
        return SharedPages(parts.commons.shares, surroundings).mount()

    def _front(self) -> list[Mount]:
        """The web app, and what others may embed."""
        parts, config, app = self._parts, self._config, self._parts.front
        folder = app if isinstance(app, FrontFolder) else None
        if folder is not None and not folder.is_there():
            raise ConfigError("FUNKWHALE_SPA_HTML_ROOT names a folder without a page that we may read.")
        addresses = settings.addresses(config)
        dressing = Dressing(parts.preferences.values, parts.showing, addresses, settings.dressing_settings(config))
        media = settings.media_origins(config)
        wardrobe = Wardrobe(dressing, self._cookies, page_policy(media), app_policy(media), MARK)
        documents = federation.pages(parts.fediverse.publishing)
        return [
            OEmbed(parts.showing, self._callers, addresses, config.general.names).mount(),
            Mount("", Front(OwnPage(str(PAGE_FOLDER)), wardrobe, app, folder, documents)),
        ]

    def _people(self) -> list[Mount]:
        parts = self._parts
        desk = PeopleDesk(
            accounts=parts.accounts,
            profiles=parts.profiles,
            signin=parts.signin,
            limits=parts.limits,
            callers=self._callers,
            cookies=self._cookies,
            pictures=parts.pictures,
        )
        apps = ApplicationDesk(parts.applications, self._callers, self._api_url)
        oauth = OAuthDesk(parts.oauth, self._callers)
        refresh = parts.fediverse.remote.refreshing.refresh_library
        libraries = LibraryDesk(parts.libraries, self._callers, self._api_url, refresh)
        folders = FoldersDesk(parts.folder_imports, self._callers)
        arrivals = ArrivalsDesk(parts.arrivals, desk)
        administration = AdministrationDesk(parts.arrivals, self._callers, self._api_url)
        people = (*accounts.mounts(desk), *arrivals.mounts(), *administration.mounts())
        keys = SubsonicKeysFace(parts.subsonic.keys, self._callers, self._api_url)
        return [*people, apps.mount(), *oauth.mounts(), libraries.mount(), folders.mount(), keys.mount()]

    def _music(self) -> list[Mount]:
        parts = self._parts
        edits = EditsDesk(parts.edits, self._callers, self._api_url)
        refresh = parts.fediverse.remote.refreshing.refresh
        desk = MusicDesk(
            catalog=parts.catalog,
            libraries=parts.libraries,
            callers=self._callers,
            paper=parts.paper,
            edits=edits,
            api_url=self._api_url,
            refresh=refresh,
        )
        return [
            edits.mount(),
            HidingDesk(parts.hiding, self._callers, self._api_url).mount(),
            TextPreview(self._threads).mount(),
            *desk.mounts(),
            *self._podcasts().mounts(),
        ]

    def _listening(self) -> list[Mount]:
        parts, url = self._parts, self._config.general.public_url
        desk = ListeningDesk(parts.listening, self._callers, parts.paper, url, self._api_url)
        return [
            Mount(f"{API}/favorites/tracks", Favorites(desk).app.resource()),
            Mount(f"{API}/history/listenings", History(desk).app.resource()),
            Mount(f"{API}/activity", Activity(desk, self._live).app.resource()),
            PlaylistDesk(parts.playlists, self._callers, parts.paper, self._api_url).mount(),
        ]

    def _radios(self) -> list[Mount]:
        parts, radio = self._parts, self._parts.radio
        is_open = parts.preferences.is_open
        desk = RadioDesk(
            radios=radio.radios,
            sessions=radio.sessions,
            callers=self._callers,
            cookies=self._cookies,
            is_open=is_open,
            paper=parts.paper,
            api_url=self._api_url,
        )
        return desk.mounts()

    def _federation(self) -> list[Mount]:
        parts, url = self._parts, self._api_url
        desk = FederationDesk(
            follows=parts.follows,
            people=parts.person_follows,
            foreign=parts.foreign,
            fetches=parts.fetches,
            actors=parts.actors,
            callers=self._callers,
            pictures=parts.pictures,
            api_url=url,
            refresh=parts.fediverse.remote.refreshing.refresh_library,
        )
        moderation = ModerationDesk(parts.fediverse.moderation, self._callers, url)
        reports = ReportDesk(parts.reports, self._callers, url)
        documents = federation.mounts(
            parts.fediverse.publishing, parts.fediverse.receiving.intake, parts.preferences.value
        )
        return [
            *documents,
            *desk.mounts(),
            InboxDesk(parts.inbox, self._callers, url).mount(),
            *reports.mounts(),
            *moderation.mounts(),
        ]

    def _podcasts(self) -> PodcastDesk:
        parts, area = self._parts, self._parts.podcasts
        return PodcastDesk(
            channels=area.channels,
            subscriptions=area.subscriptions,
            feeds=area.feeds,
            series=area.series,
            syndication=area.syndication,
            callers=self._callers,
            paper=parts.channel_paper,
            catalog_paper=parts.paper,
            api_url=self._api_url,
            refresh=parts.fediverse.remote.refreshing.refresh_channel,
        )

    def _librarians(self) -> Sequence[Mount]:
        """Everything, for those who look after it."""
        parts = self._parts
        paper = LibrarianPaper(parts.pictures, parts.pod.url)
        return LibrarianDesk(parts.librarians, self._callers, paper, self._api_url).mounts()

    def _uploads(self) -> Mount:
        parts, intake = self._parts, settings.intake_settings(self._config)
        spool, threads = parts.spool, self._threads
        desk = UploadDesk(
            uploads=parts.uploads,
            callers=self._callers,
            paper=parts.paper,
            open_spool=spool.open,
            room=spool.room,
            threads=threads,
            intake=intake,
            api_url=self._api_url,
        )
        return desk.mount()

    def _pictures(self) -> list[Mount]:
        parts = self._parts
        intake = settings.intake_settings(self._config)
        desk = AttachmentDesk(
            attachments=parts.attachments,
            remote=parts.remote_pictures,
            callers=self._callers,
            pictures=parts.pictures,
            open_spool=parts.spool.open,
            threads=self._threads,
            intake=intake,
            client_seconds=self._config.media.client_seconds,
        )
        return desk.mounts()

    def _instance(self) -> Sequence[Mount]:
        """The pod about itself, and its settings."""
        parts, intake = self._parts, settings.intake_settings(self._config)
        about, banners = (parts.instance, parts.preferences), parts.banners
        desk = InstanceDesk(*about, banners, self._callers, self._cookies, parts.spool.open, self._threads, intake)
        return desk.mounts()

    def _streaming(self) -> list[Mount]:
        front = settings.front(self._config)
        streaming = self._parts.streaming
        return [
            Mount(
                f"{API}/listen", Listen(streaming, self._callers, front, self._parts.papers.paper.keys).app.resource()
            ),
            Mount(f"{API}/stream", StreamMp3(streaming, self._callers, front).app.resource()),
        ]
