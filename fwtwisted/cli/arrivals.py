"""``fwtwisted users invite``, ``requests``, ``approve``, ``refuse``: who may come in, decided at the shell."""

from __future__ import annotations

from argparse import Namespace

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FINE, Desk, columns
from fwtwisted.cli.whole import parts_of
from fwtwisted.model.administration import Invitation, RequestQuestion, RequestStatus, UserRequest
from fwtwisted.wire.v1 import when, when_or_none

EVERYTHING = 1_000_000


def add_to(commands: Commands, everywhere: Parser) -> None:
    """Say how these commands are written."""
    invitation = commands.add_parser("invite", parents=[everywhere], help="make a link by which one person may sign up")
    invitation.add_argument("-u", "--username", metavar="U", help="in whose name (default: the oldest administrator)")
    invitation.add_argument("--code", metavar="CODE", help="instead of a drawn one")
    says_json(invitation)
    invitation.set_defaults(command=invite)

    waiting = commands.add_parser("requests", parents=[everywhere], help="who asked to be let in, and waits")
    waiting.add_argument("--all", action="store_true", help="those that were answered, too")
    says_json(waiting)
    waiting.set_defaults(command=requests)

    for name, status, text in (
        ("approve", RequestStatus.APPROVED, "let somebody in who asked"),
        ("refuse", RequestStatus.REFUSED, "turn somebody away who asked"),
    ):
        verdict = commands.add_parser(name, parents=[everywhere], help=text)
        verdict.add_argument("username", metavar="U")
        says_json(verdict)
        verdict.set_defaults(command=answer, status=status)


async def invite(told: Namespace, desk: Desk) -> int:
    """Make an invitation, and print its link."""
    invitations = (await parts_of(desk)).arrivals.invitations
    made = await invitations.invite_as(told.username, told.code)
    link = invitations.link(made)
    if told.json:
        desk.document(_invitation(made, link))
        return FINE
    desk.say(link)
    desk.remark(f"It lets one person in, until {made.expiration_date.date()}.")
    return FINE


async def requests(told: Namespace, desk: Desk) -> int:
    """Show who asked to be let in, the first first."""
    question = RequestQuestion(status=None if told.all else RequestStatus.PENDING, ordering=(("creation_date", False),))
    _, found = await (await parts_of(desk)).arrivals.requests.listed(question, EVERYTHING, 0)
    if told.json:
        desk.document([_request(one) for one in found])
        return FINE
    for line in columns(("username", "asked", "status", "answers"), map(_row, found)):
        desk.say(line)
    return FINE


async def answer(told: Namespace, desk: Desk) -> int:
    """Approve or refuse somebody's request; they are told by mail, which the server sends."""
    answered = await (await parts_of(desk)).arrivals.requests.answer_named(told.username, told.status)
    if told.json:
        desk.document(_request(answered))
        return FINE
    may = "may sign in now" if answered.status is RequestStatus.APPROVED else "stays outside"
    desk.say(f"{answered.submitter.actor.preferred_username} {may}.")
    return FINE


def _row(request: UserRequest) -> tuple[object, ...]:
    answers = "; ".join(f"{label}: {said}" for label, said in (request.answers or {}).items())
    return request.submitter.actor.preferred_username, request.creation_date.date(), request.status, answers or "-"


def _request(request: UserRequest) -> dict[str, object]:
    return {
        "uuid": str(request.uuid),
        "username": request.submitter.actor.preferred_username,
        "status": request.status,
        "creation_date": when(request.creation_date),
        "handled_date": when_or_none(request.handled_date),
        "answers": request.answers,
    }


def _invitation(invitation: Invitation, link: str) -> dict[str, object]:
    return {
        "code": invitation.code,
        "link": link,
        "owner": invitation.owner.username,
        "expiration_date": when(invitation.expiration_date),
    }
