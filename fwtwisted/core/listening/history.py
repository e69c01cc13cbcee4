"""Favourites and the history of what was listened to."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.music.questions import MOST_WORDS
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.plugins.relay import Relay
from fwtwisted.core.pod.live import EVERYBODY, Audience, Facts, Happened
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.listening import history, tally
from fwtwisted.db.music import catalog
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.together import Together
from fwtwisted.model.accounts import Profile
from fwtwisted.model.errors import FwError, Invalid, NotFound
from fwtwisted.model.listening import Deed, DeedFilter, Heard, Heart, Kind, Standing
from fwtwisted.model.music import Shelf, Track
from fwtwisted.model.people import Actor, Viewer

LATEST = 20  # deeds in the pod's activity
NO_TRACK = 'Invalid pk "{id}" - object does not exist.'


TALLY, LANE = "listening.tally", "maintenance"
DEED = "deed"  # what the news of one are told about


def _nobody_hears(audience: Audience, about: str, facts: Facts) -> None:
    """The news of a process that has nobody to tell."""


@frozen
class DeedQuestion:
    """
    Which deeds are asked for, not yet looked up.

    :ivar hidden: as in lists of music: True only what the viewer hid, False without that, None everything.
    :ivar scope: its words; None: not asked.
    """

    username: str | None = None
    domain: str | None = None
    scope: tuple[str, ...] | None = None
    hidden: bool | None = False
    words: tuple[str, ...] = ()
    oldest_first: bool = False


@frozen
class Deeds:
    """
    A page of deeds and all that they refer to.

    :ivar tracks: by id.  :ivar people: accounts by the id of their actor; actors of other pods have none.
    """

    deeds: Sequence[Deed]
    count: int
    tracks: Mapping[int, Track]
    shelf: Shelf
    actors: Mapping[int, Actor]
    people: Mapping[int, Profile]


class Listening:
    """What people did with tracks."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        shelves: Shelves,
        happened: Happened = _nobody_hears,
        relay: Relay | None = None,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._visibility, self._shelves = database, visibility, shelves
        self._happened, self._relay, self._occasions = happened, relay, occasions
        self._hearts, self._plays = (
            Together(database.briefly, self._favor_all, database.transaction),
            Together(database.briefly, self._listened_all, database.transaction),
        )

    async def page(self, kind: Kind, viewer: Viewer, question: DeedQuestion, limit: int, offset: int) -> Deeds:
        """One page of the favourites or listenings that the viewer may see."""

        async def read(tx: Tx) -> Deeds:
            asked = await _looked_up(tx, viewer, question)
            if asked is None:
                return Deeds((), 0, {}, Shelf(), {}, {})
            eyes = viewer.actor_id, viewer.is_local
            found = await history.deeds(tx, kind, asked, *eyes, limit + 1, offset)
            is_last = len(found) <= limit and (found or not offset)
            count = offset + len(found) if is_last else await history.count(tx, kind, asked, *eyes)
            return await self._told(tx, viewer, found[:limit], count)

        return await self._database.read(read)

    async def one(self, kind: Kind, viewer: Viewer, id: int) -> Deeds:
        """A single deed.  :raise NotFound:"""

        async def read(tx: Tx) -> Deeds:
            deed = await history.one(tx, kind, id, viewer.actor_id, viewer.is_local)
            if deed is None:
                raise NotFound
            return await self._told(tx, viewer, [deed], 1)

        return await self._database.read(read)

    async def activity(self, viewer: Viewer) -> tuple[Sequence[tuple[Kind, Deed]], Deeds]:
        """The newest deeds of both kinds, and all that they refer to."""

        async def read(tx: Tx) -> tuple[Sequence[tuple[Kind, Deed]], Deeds]:
            found = await history.latest(tx, viewer.actor_id, viewer.is_local, LATEST)
            return found, await self._told(tx, viewer, [deed for _, deed in found], len(found))

        return await self._database.read(read)

    async def _told(self, tx: Tx, viewer: Viewer, deeds: Sequence[Deed], count: int) -> Deeds:
        visible = await self._visibility.libraries_in(tx, viewer)
        ids = list(dict.fromkeys(deed.track_id for deed in deeds))
        tracks, shelf = await self._shelves.tracks(tx, ids, visible)
        who = {deed.actor_id for deed in deeds}
        profiles = await profiles_of(tx, list(who))
        actors = {id: profile.account.actor for id, profile in profiles.items()}
        if who - actors.keys():
            actors |= await people.actors(tx, list(who - actors.keys()))
        return Deeds(
            deeds=deeds,
            count=count,
            tracks={track.id: track for track in tracks},
            shelf=shelf,
            actors=actors,
            people=profiles,
        )

    # One's own.

    async def own_favorites(self, viewer: Viewer) -> list[Standing]:
        """All favourites of the viewer, ids alone, the newest first."""
        actor = viewer.the_actor
        return await self._database.read(lambda tx: history.own_favorites(tx, actor))

    async def add_favorite(self, viewer: Viewer, track_id: int) -> Deed:
        """Make a track a favourite; harmless when repeated.  :raise Invalid: for an unknown track."""
        return await self._hearts.done((viewer.the_actor, track_id))

    async def _favor_all(self, tx: Tx, wishes: Sequence[Heart]) -> list[Deed | FwError]:
        """What several people like, each told by themselves."""
        made = await history.make_favorites(tx, set(wishes))
        new = [deed for deed, is_new in made if is_new]
        for deed in new:
            self._tell(tx, Kind.FAVORITE, deed)
        for actor_id in dict.fromkeys(deed.actor_id for deed in new if deed.is_awaited):
            await self._favored(tx, actor_id, [deed.track_id for deed in new if deed.actor_id == actor_id])
        by_wish = {(deed.actor_id, deed.track_id): deed for deed, _ in made}
        return [by_wish.get(wish) or _no_track(wish[1]) for wish in wishes]

    async def remove_favorite(self, viewer: Viewer, track_id: int) -> bool:
        """Whether the track was a favourite; now it is none."""
        actor = viewer.the_actor

        async def work(tx: Tx) -> bool:
            was_one = await history.remove_favorite(tx, actor, track_id)
            await self._favored(tx, actor, [track_id] if was_one else [])
            return was_one

        return await self._database.transaction(work)

    async def remove_favorite_by_id(self, viewer: Viewer, id: int) -> None:
        """:raise NotFound: the viewer has no such favourite."""
        actor = viewer.the_actor

        async def work(tx: Tx) -> None:
            track_id = await history.remove_favorite_by_id(tx, actor, id)
            if track_id is None:
                raise NotFound
            await self._favored(tx, actor, [track_id])

        await self._database.transaction(work)

    async def listened(self, viewer: Viewer, track_id: int, when: datetime | None) -> Deed:
        """Remember that the viewer listened.  :raise Invalid: for an unknown track."""
        return await self._plays.done(Heard(viewer.the_actor, track_id, when))

    async def _listened_all(self, tx: Tx, wishes: Sequence[Heard]) -> list[Deed | FwError]:
        """What several people listened to, each told by themselves."""
        deeds: defaultdict[tuple[int, int], deque[Deed]] = defaultdict(deque)
        for deed in await self.listened_in(tx, wishes):  # in their order
            deeds[deed.actor_id, deed.track_id].append(deed)
        found = [deeds[wish.actor_id, wish.track_id] for wish in wishes]
        return [same.popleft() if same else _no_track(wish.track_id) for wish, same in zip(wishes, found, strict=True)]

    # The same within a transaction that does more; the tracks must be there.

    async def favor_in(self, tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
        """Make tracks favourites of the actor; those that are already stay what they were."""
        deeds = await history.add_favorites(tx, actor_id, track_ids)
        for deed in deeds:
            self._tell(tx, Kind.FAVORITE, deed)
        await self._favored(tx, actor_id, [deed.track_id for deed in deeds])

    async def unfavor_in(self, tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
        """Let none of the tracks be a favourite of the actor."""
        await history.remove_favorites(tx, actor_id, track_ids)
        await self._favored(tx, actor_id, track_ids)

    async def listened_in(self, tx: Tx, heard: Sequence[Heard]) -> list[Deed]:
        """Remember what was listened to, in order; what is no track is left out."""
        deeds = await history.add_listenings(tx, heard)
        for deed in deeds:
            self._tell(tx, Kind.LISTENING, deed)
        awaited = [deed for deed in deeds if deed.is_awaited]
        if awaited and self._relay is not None:
            await self._relay.listened(tx, awaited)
        if awaited:
            await self._occasions.listened(tx, awaited)
        return deeds

    # Chores.

    async def _gather(self, _: Job) -> None:
        """Keep short what is known of how much everybody did."""
        await self._database.transaction(tally.gather)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return {TALLY: JobKind(LANE, self._gather)}

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return {TALLY: Schedule(TALLY, LANE, next_hour)}

    async def _favored(self, tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
        """Favourites came or went."""
        if self._relay is not None:
            await self._relay.favored(tx, actor_id, track_ids)
        await self._occasions.favored(tx, actor_id, track_ids)

    def _tell(self, tx: Tx, kind: Kind, deed: Deed) -> None:
        """Have everybody who listens told; what they may know of it, ``core/pod/news.py`` decides."""
        tx.after_commit(self._happened, EVERYBODY, DEED, {"kind": kind, "id": deed.id})


def _no_track(id: int) -> Invalid:
    return Invalid.on("track", NO_TRACK.format(id=id))


async def profiles_of(tx: Tx, actor_ids: list[int]) -> dict[int, Profile]:
    """The accounts of these actors with their pictures; actors of other pods have none."""
    if not actor_ids:
        return {}
    accounts = await people.accounts_of(tx, actor_ids)
    icons = {account.actor.icon_id for account in accounts.values() if account.actor.icon_id is not None}
    avatars = await catalog.attachments(tx, icons)
    return {
        actor_id: Profile(account, avatars.get(account.actor.icon_id) if account.actor.icon_id else None)
        for actor_id, account in accounts.items()
    }


async def _looked_up(tx: Tx, viewer: Viewer, question: DeedQuestion) -> DeedFilter | None:
    """The question with everything that it refers to; None when nothing can answer it."""
    actors, domains = await _scope(tx, viewer, question.scope)
    if actors is not None and not actors and not domains:
        return None
    hidden: list[int] = []
    if viewer.account_id is not None and question.hidden is not None:
        hidden = await catalog.hidden_artists(tx, viewer.account_id)
    return DeedFilter(
        username=question.username,
        domain=question.domain,
        actors=actors,
        domains=domains,
        hidden=tuple(hidden),
        only_hidden=bool(question.hidden) and viewer.account_id is not None,
        words=question.words,
        oldest_first=question.oldest_first,
    )


async def _scope(
    tx: Tx, viewer: Viewer, words: tuple[str, ...] | None
) -> tuple[tuple[int, ...] | None, tuple[str, ...] | None]:
    """Whose deeds the words of ``scope`` mean: actors and domains; (None, None) for everybody's."""
    if words is None or "all" in words:
        return None, None
    actors: list[int] = []
    domains: list[str] = []
    for word in words[:MOST_WORDS]:
        name, _, rest = word.partition(":")
        if name == "me" and viewer.actor_id is not None:
            actors.append(viewer.actor_id)
        elif name == "domain" and rest:
            domains.append(rest.lower())
        elif name == "actor" and "@" in rest:
            username, _, domain = rest.removeprefix("@").partition("@")
            found = await catalog.actor_id(tx, username, domain)
            actors += [] if found is None else [found]
    return tuple(actors), tuple(domains)
