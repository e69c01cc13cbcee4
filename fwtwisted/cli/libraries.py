"""``fwtwisted libraries``: where imported files go."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FINE, Desk
from fwtwisted.cli.whole import parts_of
from fwtwisted.model.people import Privacy
from fwtwisted.wire.v1 import libraries as v1_libraries

LEVELS = (Privacy.ME.value, Privacy.INSTANCE.value, Privacy.EVERYONE.value)


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("libraries", parents=[everywhere], help="make libraries")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    text = "make a library and print its uuid; one of that name is used again"
    new = commands.add_parser("create", parents=[everywhere], help=text)
    new.add_argument("-u", "--user", metavar="U", required=True, help="who owns it")
    new.add_argument("-n", "--name", metavar="N", default="default", help="(default: default)")
    new.add_argument("--privacy", choices=LEVELS, default=LEVELS[0], help="who may listen (default: me)")
    says_json(new)
    new.set_defaults(command=create)


async def create(told: Namespace, desk: Desk) -> int:
    """Make a library, unless its owner has one of that name; print the uuid either way."""
    wish = v1_libraries.library_wish({"name": told.name, "privacy_level": told.privacy})
    parts = await parts_of(desk)
    library, is_new = await parts.libraries.found_or_made(await parts.signin.by_command(told.user), wish)
    if told.json:
        level = library.privacy_level.value
        desk.document({"uuid": library.uuid, "name": library.name, "privacy_level": level, "created": is_new})
    else:
        desk.say(str(library.uuid))
    if not is_new and library.privacy_level != wish.privacy_level:
        desk.remark(f"fwtwisted: this library was there already; its level stays {library.privacy_level.value}")
    return FINE
