"""
Telling services elsewhere, one listening or favourite at a time.

Whatever fails and may pass is tried again by the queue, for about a day; what a service refuses for good (a token
that it does not know) is given up at once.  A listening that is told twice is one: services know it by its moment.

Source: docs/api.md §4.18.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from fwtwisted.core.plugins.choices import LastfmSettings
from fwtwisted.core.plugins.relay import FAVORED, LANE, LISTENED
from fwtwisted.db.jobs import GiveUp, Job, JobKind, Later
from fwtwisted.db.pod import plugins
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import RemoteFailed
from fwtwisted.model.plugins import LISTENBRAINZ, MALOJA, SCROBBLER, Conf, Scrobble
from fwtwisted.outside.fetching import Fetched, Fetching, Refused, Wish
from fwtwisted.wire import scrobbles
from fwtwisted.wire.scrobbles import Rejected
from fwtwisted.wire.targets import PLAIN_OR_SECURE

ATTEMPTS = 32  # a day, with an hour between the last ones
LARGEST_ANSWER = 64 * 1024  # bytes
LONGEST_REST = 6 * 3600.0  # seconds that a service may ask us to stay away
SHORTEST_REST = 30.0
BUSY = (429, 503)
LISTENBRAINZ_URL = "https://api.listenbrainz.org"
LASTFM_URL = "https://ws.audioscrobbler.com/2.0/"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

Tell = Callable[[Conf, Scrobble], Awaitable[None]]


class Telling:
    """
    Does the jobs.

    :param version: of this program, which services are told.
    :param listenbrainz_url: where ListenBrainz, and ``lastfm_url`` where Last.fm is.
    """

    def __init__(
        self,
        database: Database,
        fetching: Fetching,
        lastfm: LastfmSettings,
        now: Callable[[], datetime],
        version: str,
        *,
        listenbrainz_url: str = LISTENBRAINZ_URL,
        lastfm_url: str = LASTFM_URL,
    ) -> None:
        self._database, self._fetching, self._lastfm = database, fetching, lastfm
        self._now, self._version = now, version
        self._listenbrainz_url, self._lastfm_url = listenbrainz_url, lastfm_url
        self._ways: Mapping[str, Tell] = {
            LISTENBRAINZ.name: self._listenbrainz,
            MALOJA.name: self._maloja,
            SCROBBLER.name: self._scrobbler,
        }

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {
            LISTENED: JobKind(LANE, self.listened, ATTEMPTS),
            FAVORED: JobKind(LANE, self.favored, ATTEMPTS),
        }

    async def listened(self, job: Job) -> None:
        """Tell one service of one listening."""
        actor_id, name, listening_id = job.args["actor"], job.args["plugin"], job.args["listening"]

        async def read(tx: Tx) -> tuple[Conf | None, Scrobble | None]:
            return await plugins.conf_of(tx, actor_id, name), await plugins.scrobble(tx, listening_id)

        conf, heard = await self._database.read(read)
        if conf and heard is not None:
            await self._guarded(self._ways[name](conf, heard))

    async def favored(self, job: Job) -> None:
        """Tell ListenBrainz what somebody thinks of a track now."""
        actor_id, track_id = job.args["actor"], job.args["track"]

        async def read(tx: Tx) -> tuple[Conf | None, object]:
            conf = await plugins.conf_of(tx, actor_id, LISTENBRAINZ.name)
            opinion = await plugins.opinion(tx, actor_id, track_id)
            if conf and conf.get("submit_favorites") and opinion is not None:
                return conf, scrobbles.listenbrainz_feedback(*opinion)
            return None, None

        conf, body = await self._database.read(read)
        if conf is not None and isinstance(body, bytes):
            await self._guarded(self._listenbrainz_post("/1/feedback/recording-feedback", conf, body))

    async def _guarded(self, telling: Awaitable[None]) -> None:
        """Give up what cannot get better."""
        try:
            await telling
        except Refused as why:
            raise GiveUp(str(why)) from why
        except Rejected as why:
            if why.is_final:
                raise GiveUp(f"the service says: {why}") from why
            raise RemoteFailed(f"the service says: {why}") from why

    # --- the services ----------------------------------------------------------------------------

    async def _listenbrainz(self, conf: Conf, heard: Scrobble) -> None:
        if conf.get("submit_listenings", True):
            body = scrobbles.listenbrainz_listen(heard, self._version)
            await self._listenbrainz_post("/1/submit-listens", conf, body)

    async def _listenbrainz_post(self, path: str, conf: Conf, body: bytes) -> None:
        headers = {"Authorization": f"Token {conf.get('user_token', '')}"}
        await self._post(f"{self._listenbrainz_url}{path}", body, JSON, headers)

    async def _maloja(self, conf: Conf, heard: Scrobble) -> None:
        body = scrobbles.maloja_scrobble(heard, conf.get("api_key", ""), nofix=bool(conf.get("nofix")))
        await self._post(f"{conf.get('server_url', '').rstrip('/')}/apis/mlj_1/newscrobble", body, JSON)

    async def _scrobbler(self, conf: Conf, heard: Scrobble) -> None:
        url, username, password = (conf.get(name) or "" for name in ("url", "username", "password"))
        if not url:
            await self._to_lastfm(username, password, heard)
            return
        greeting = scrobbles.greeting(username, password, self._now(), self._version)
        there = f"{url}{'&' if '?' in url else '?'}{greeting}"
        wish = Wish(largest=LARGEST_ANSWER, schemes=PLAIN_OR_SECURE)
        session = scrobbles.greeted(_good(await self._fetching.get(there, wish)))
        body = scrobbles.submission(heard, session.session)
        scrobbles.submitted(await self._post(session.url, body, FORM))

    async def _to_lastfm(self, username: str, password: str, heard: Scrobble) -> None:
        pod = self._lastfm
        if not pod.is_there:
            raise GiveUp("this pod is not registered at Last.fm")
        login = scrobbles.lastfm_login(username, password, pod.key, pod.secret)
        session = scrobbles.lastfm_session(await self._lastfm_post(login))
        scrobbles.lastfm_scrobbled(
            await self._lastfm_post(scrobbles.lastfm_scrobble(heard, session, pod.key, pod.secret))
        )

    async def _lastfm_post(self, body: bytes) -> bytes:
        """Last.fm tells its errors, passing ones too, by a status of 4xx and a code in the body."""
        answer = await self._answer(self._lastfm_url, body, FORM, {})
        is_told = 400 <= answer.status < 500 and answer.body.lstrip().startswith(b"{")
        return answer.body if is_told else _good(answer)

    async def _post(self, url: str, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> bytes:
        return _good(await self._answer(url, body, kind, headers or {}))

    async def _answer(self, url: str, body: bytes, kind: str, headers: Mapping[str, str]) -> Fetched:
        told = {"Content-Type": kind, **headers}
        wish = Wish("POST", told, body, LARGEST_ANSWER, PLAIN_OR_SECURE, redirects=0)
        return await self._fetching.get(url, wish)


def _good(answer: Fetched) -> bytes:
    """
    The body of an answer that is fine.

    :raise Later: the service is busy.  :raise GiveUp: it does not want this.  :raise RemoteFailed: it is in trouble.
    """
    if answer.is_good:
        return answer.body
    if answer.status in BUSY:
        asked = answer.headers.get("retry-after", "")
        rest = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else SHORTEST_REST
        raise Later(min(max(rest, SHORTEST_REST), LONGEST_REST), "the service is busy")
    if 400 <= answer.status < 500:
        raise GiveUp(f"the service answers {answer.status}")
    raise RemoteFailed(f"the service answers {answer.status}")
