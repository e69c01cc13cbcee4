"""
What moderators decided, asked before every request that goes out or comes in.

All of it is kept in the process, so that asking costs nothing.  A change rings the bell ``policies`` with its commit,
which every process hears; a ring that gets lost costs five seconds.

Each check runs three times: on a URL before it is asked for, on the document that came of it, on an activity in the
inbox.  Source: docs/federation.md §6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from attrs import evolve, frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.pod.fresh import Fresh
from fwtwisted.db.fediverse import policies
from fwtwisted.db.pod import instance
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import ShutOut, Unauthenticated
from fwtwisted.model.policies import Reading, Rules, Switch
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.outside.fetching import Refused
from fwtwisted.outside.shared import Bell
from fwtwisted.wire.activitypub.acts import MOST_NAMED
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.targets import Target, authority

BELL: Final = "policies"
ALLOW_LIST: Final = "moderation__allow_list_enabled"
MEDIA: Final = frozenset(("Audio", "Artist", "Album", "Track", "Library", "Image", "Playlist", "AudioCollection"))
WITHDRAWING: Final = frozenset(("Delete", "Undo"))


@frozen
class PoliciesSettings:
    """
    :ivar authorized_fetch: who reads of us must say who they are.
    :ivar fresh_seconds: how old what is kept may be when a ring was lost.
    """

    authorized_fetch: bool = False
    fresh_seconds: float = 5.0


@frozen
class _Kept:
    """The rules with the allow list and without it."""

    listed: Rules
    open: Rules


class Policies:
    """Says who may be asked, who may ask, and what is shown of them."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        clock: IReactorTime,
        preference: ReadPreference,
        own_domain: str,
        settings: PoliciesSettings,
    ) -> None:
        self._database, self._bell, self._preference = database, bell, preference
        self._own, self._settings = own_domain, settings
        self._kept: Fresh[_Kept] = Fresh(clock, settings.fresh_seconds, self._look)
        self._deaf = bell.listen(BELL, lambda _: self._kept.forget())

    def close(self) -> None:
        """Listen to the bell no more."""
        self._deaf()

    def changed(self, tx: Tx) -> None:
        """Policies or the allow list are changed by this transaction: all look again once it is committed."""
        tx.touch("libraries")
        tx.after_commit(self._kept.forget)
        tx.after_commit(self._bell.ring, BELL)

    async def rules(self) -> Rules:
        """Everything that was decided; for who has many questions."""
        kept = await self._kept.get()
        return kept.listed if await self._preference(ALLOW_LIST) else kept.open

    # --- before a request goes out ---------------------------------------------------------------

    async def permit_url(self, url: str) -> None:
        """:raise ShutOut: the URL's server, or the actor whose id it is, is shut out; or it names no server."""
        if shut_out_url(await self.rules(), url):
            raise ShutOut

    async def permit_actor(self, fid: str, domain: str) -> None:
        """:raise ShutOut: the actor, the server of its id, or the server that it says it lives on is shut out."""
        rules = await self.rules()
        if rules.shut_out(domain.lower(), fid) or shut_out_url(rules, fid):
            raise ShutOut

    async def permit_hop(self, target: Target) -> None:
        """:meth:`permit_url` for each hop of a fetch (``Wish.permit``).  :raise Refused:"""
        if shut_out_url(await self.rules(), target.url):
            raise Refused(ShutOut.text)

    async def permit_media_hop(self, target: Target) -> None:
        """The same for a fetch of audio or a picture, which a server may be too bad for.  :raise Refused:"""
        await self.permit_hop(target)
        if await self.rejects_media(authority(target.url) or ""):
            raise Refused("Moderators want no media of this server.")

    async def rejects_media(self, domain: str, actor_fid: str | None = None) -> bool:
        """Whether no audio, cover or avatar of theirs is brought here; also of who is blocked."""
        rules = await self.rules()
        host = domain.lower()
        return rules.shut_out(host, actor_fid) or rules.say(Switch.REJECT_MEDIA, host, actor_fid)

    async def reachable_hosts(self, hosts: Collection[str]) -> set[str]:
        """Those of the servers that something may be delivered to."""
        rules = await self.rules()
        return {host for host in hosts if not rules.shut_out(host.lower())}

    async def reachable_actors(self, fids: Collection[str]) -> set[str]:
        """Those of the actors that may be written to, or named in ``to`` and ``cc``."""
        rules = await self.rules()
        return {fid for fid in fids if not shut_out_url(rules, fid)}

    # --- when something comes in -----------------------------------------------------------------

    async def permit_activity(self, activity: Mapping[str, Any]) -> bool:
        """Whether an activity is taken: its id, its actor, what it is about, and of what kind that is."""
        rules, doc = await self.rules(), Doc(activity)
        actors = doc.ids("actor")
        if len(actors) != 1 or shut_out_url(rules, actors[0]):
            return False
        if any(_is_shut_out(rules, fid) for fid in islice(dict.fromkeys(_named(doc)), 1 + MOST_NAMED)):
            return False
        if doc.type in WITHDRAWING:
            return True
        is_media = any(one.is_a(*MEDIA) for one in doc.docs("object"))
        return not (is_media and rules.say(Switch.REJECT_MEDIA, authority(actors[0]) or "", actors[0]))

    async def silences_activity(self, fid: str, domain: str) -> bool:
        """Whether what they do is shown only to those who follow them."""
        return (await self.rules()).say(Switch.SILENCE_ACTIVITY, domain.lower(), fid)

    async def silences_notifications(self, fid: str, domain: str) -> bool:
        """Whether only those who follow them are told of what they do."""
        return (await self.rules()).say(Switch.SILENCE_NOTIFICATIONS, domain.lower(), fid)

    async def permit_reader(self, signer: str | None, reading: Reading) -> None:
        """
        Whether somebody may read a document of ours.

        :param signer: federation id of the actor who proved to ask; None: nobody did.
        :raise ShutOut: they may not.  :raise Unauthenticated: not without saying who they are.
        """
        if reading is Reading.OPEN:
            return
        rules = await self.rules()
        if signer is not None:
            if shut_out_url(rules, signer):
                raise ShutOut
            return
        if reading is Reading.ACTOR:
            return
        if rules.allowed is not None:
            raise ShutOut("This server speaks only with servers that it knows.")
        if self._settings.authorized_fetch:
            raise Unauthenticated("The request must be signed.")

    async def _look(self) -> _Kept:
        async def work(tx: Tx) -> _Kept:
            rules = Rules.of(self._own, await policies.in_force(tx), await instance.allowed_domains(tx))
            return _Kept(rules, evolve(rules, allowed=None))

        return await self._database.read(work)


def shut_out_url(rules: Rules, url: str) -> bool:
    """Whether whatever a URL names, an actor perhaps, or a key of theirs, is shut out; what names no server is."""
    host = authority(url)
    return host is None or rules.shut_out(host, url.partition("#")[0])


def _is_shut_out(rules: Rules, fid: str) -> bool:
    """The same of an id, which may name no server."""
    host = authority(fid)
    return host is not None and rules.shut_out(host, fid.partition("#")[0])


def _named(activity: Doc) -> Iterator[str]:
    """The ids of an activity and of everything that it is about; a document's id may be a list of them."""
    for whole in (activity, *activity.many("object")):
        for fid in [whole] if isinstance(whole, str) else whole.values("id"):
            if isinstance(fid, str):
                yield fid
