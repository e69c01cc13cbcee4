"""``fwtwisted moderation``: servers and their people shut out, silenced, allowed or removed, at the shell."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FINE, Desk, Usage, columns
from fwtwisted.cli.whole import parts_of
from fwtwisted.core.fediverse.moderation.purging import Purge
from fwtwisted.model.errors import Invalid
from fwtwisted.model.moderation import ServerAct, ServerQuestion
from fwtwisted.model.people import Via, Viewer
from fwtwisted.model.policies import Policy, PolicyChange, PolicyQuestion, PolicyTarget, Switch
from fwtwisted.parts import Parts
from fwtwisted.wire.v1 import policies as v1_policies

TARGET_HELP = "a server (pod.example) or somebody there (user@pod.example)"
MOST = 10_000
BY = "somebody at the shell"
SWITCHED = (
    ("block", (Switch.BLOCK_ALL,), "have nothing to do with a server or an actor; what is here of them is removed"),
    ("silence", (Switch.SILENCE_ACTIVITY, Switch.SILENCE_NOTIFICATIONS), "show what they do only to those who follow"),
    ("reject-media", (Switch.REJECT_MEDIA,), "bring no audio and no pictures of theirs here; those here are removed"),
)


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("moderation", parents=[everywhere], help="decide about other servers and their people")
    commands = group.add_subparsers(metavar="COMMAND", required=True)

    listed = commands.add_parser("list", parents=[everywhere], help="what was decided, and who is on the allow list")
    says_json(listed)
    listed.set_defaults(command=show)

    for name, switches, text in SWITCHED:
        one = commands.add_parser(name, parents=[everywhere], help=text)
        one.add_argument("target", help=TARGET_HELP)
        one.add_argument("-r", "--reason", metavar="TEXT", help="kept with the decision")
        one.set_defaults(command=decide, switches=switches)

    undone = commands.add_parser("unblock", parents=[everywhere], help="take back whatever was decided about them")
    undone.add_argument("target", help=TARGET_HELP)
    undone.set_defaults(command=unblock)

    allowed = commands.add_parser("allow", parents=[everywhere], help="put servers on the allow list")
    allowed.add_argument("server", nargs="+", help="pod.example")
    allowed.add_argument("--not", dest="away", action="store_true", help="take them off it")
    allowed.set_defaults(command=allow)

    purged = commands.add_parser("purge", parents=[everywhere], help="remove what is here of a server or an actor, now")
    purged.add_argument("target", help=TARGET_HELP)
    purged.add_argument("--media-only", action="store_true", help="only what can be heard and seen")
    purged.set_defaults(command=purge)


async def show(told: Namespace, desk: Desk) -> int:
    """Everything that was decided."""
    parts = await parts_of(desk)
    moderation = parts.fediverse.moderation
    _, found = await moderation.deciding.listed(PolicyQuestion(ordering=(("id", False),)), MOST, 0)
    _, servers = await moderation.servers.listed(ServerQuestion(allowed=True, ordering=(("name", False),)), MOST, 0)
    if told.json:
        allowed = [one.name for one in servers]
        desk.document({"policies": [v1_policies.policy(one) for one in found], "allowed": allowed})
        return FINE
    rows = [(one.target.name, _said(one), one.actor.full_username, one.summary or "") for one in found]
    rows += [(one.name, "on the allow list", "", "") for one in servers]
    for line in columns(("target", "what", "by", "why"), rows):
        desk.say(line)
    return FINE


async def decide(told: Namespace, desk: Desk) -> int:
    """A policy, or one more word in the one that is there."""
    parts = await parts_of(desk)
    deciding, moderator = parts.fediverse.moderation.deciding, await _moderator(parts)
    said = PolicyChange(dict.fromkeys(told.switches, True), True, told.reason, told.reason is not None)
    known = await deciding.about(_target(told.target))
    if known is None:
        made = await deciding.decide(moderator, _target(told.target), said)
    else:
        made = await deciding.change(moderator, known.id, said)
    desk.say(f"{made.target.name}: {_said(made)}")
    return FINE


async def unblock(told: Namespace, desk: Desk) -> int:
    """Take a policy back."""
    parts = await parts_of(desk)
    deciding = parts.fediverse.moderation.deciding
    known = await deciding.about(_target(told.target))
    if known is None:
        raise Invalid.on("target", f"Nothing was decided about {told.target}.")
    await deciding.undo(await _moderator(parts), known.id)
    desk.say(f"{known.target.name}: nothing is decided any more; what was removed stays away.")
    return FINE


async def allow(told: Namespace, desk: Desk) -> int:
    """Put servers on the allow list, known or not, or take them off."""
    parts = await parts_of(desk)
    servers, moderator = parts.fediverse.moderation.servers, await _moderator(parts)
    names = tuple(name.strip().lower() for name in told.server)
    _, known = await servers.listed(ServerQuestion(names=names), MOST, 0)
    new = set(names) - {one.name for one in known}
    if new and told.away:
        raise Invalid.on("server", f"{', '.join(sorted(new))}: not known here.")
    for name in sorted(new):
        await servers.add(moderator, name, allowed=True)
    if known:
        act = ServerAct.DISALLOW if told.away else ServerAct.ALLOW
        await servers.act(moderator, act, ServerQuestion(names=tuple(one.name for one in known)))
    desk.say(f"{', '.join(names)}: {'off' if told.away else 'on'} the allow list")
    if not await parts.preferences.value("moderation__allow_list_enabled"):
        desk.remark("fwtwisted: the allow list is off: moderation__allow_list_enabled")
    return FINE


async def purge(told: Namespace, desk: Desk) -> int:
    """Remove what is here of somebody, and return when it is done."""
    parts = await parts_of(desk)
    moderation, target = parts.fediverse.moderation, _target(told.target)
    if target.is_actor:
        actor = (await moderation.actors.one(target.name)).actor.actor
        await moderation.purging.purge(Purge(BY, actor_id=actor.id, media_only=told.media_only))
    else:
        server = await moderation.servers.one(target.name)
        await moderation.purging.purge(Purge(BY, server.name, media_only=told.media_only))
    desk.say(f"{target.name}: removed")
    return FINE


def _target(text: str) -> PolicyTarget:
    """:raise Usage: there is nothing in it."""
    if not text.strip("@ "):
        raise Usage("name a server or somebody there")
    handle = text.removeprefix("@")
    return PolicyTarget(handle, "@" in handle)


def _said(policy: Policy) -> str:
    said = ", ".join(sorted(switch.value for switch in policy.switches)) or "nothing"
    return said if policy.is_active else f"{said} (inactive)"


async def _moderator(parts: Parts) -> Viewer:
    """Who decides at the shell: the pod itself."""
    return Viewer(actor_id=await parts.service_actor.id(), username=BY, is_local=True, via=Via.COMMAND)
