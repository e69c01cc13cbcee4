"""``fwtwisted storage check`` and ``init``: whether a bucket is as it should be, and making it so."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Usage
from fwtwisted.cli.storage.ground import configured_store, store_alone
from fwtwisted.core.storage.checking import Check, Finding
from fwtwisted.core.storage.preparing import Preparing, Wanted


def add_to(commands: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    new = commands.add_parser("check", parents=[everywhere], help="try the bucket out, and see who may read it")
    says_json(new)
    new.set_defaults(command=check)
    new = commands.add_parser("init", parents=[everywhere], help="make the bucket ready")
    new.add_argument("--create-bucket", action="store_true", help="make it, if it is not there")
    new.add_argument("--policy", action="store_true", help="let everybody read pictures, and nothing else")
    new.add_argument("--cors", action="store_true", help="for browsers that are redirected to the bucket")
    new.add_argument("--lifecycle", action="store_true", help="drop unfinished uploads after a day")
    new.add_argument("--origin", action="append", default=[], metavar="URL", help="of a further web app; repeatable")
    new.add_argument("--dry-run", action="store_true", help="say what would be done")
    new.add_argument("--yes", action="store_true", help="do not ask before something is replaced")
    says_json(new)
    new.set_defaults(command=init)


async def check(told: Namespace, desk: Desk) -> int:
    """Try the bucket out; one line for each finding."""
    store = configured_store(desk)
    parts = store_alone(desk, store)
    findings: list[Finding] = []
    try:
        looking = Check(parts, store.pod.settings.region, lambda: datetime.now(UTC), _teller(desk, told.json, findings))
        is_right = await looking.run()
    finally:
        await parts.close()
    if told.json:
        desk.document({"right": is_right, "findings": [_document(one) for one in findings]})
    return FINE if is_right else FAILED


async def init(told: Namespace, desk: Desk) -> int:
    """Make the bucket ready."""
    store = configured_store(desk)
    wanted = Wanted(
        bucket=told.create_bucket,
        policy=told.policy,
        cors=told.cors,
        lifecycle=told.lifecycle,
        dry_run=told.dry_run,
        origins=(_origin(desk.config.general.public_url), *(_origin(one) for one in told.origin)),
    )
    if not (wanted.bucket or wanted.policy or wanted.cors or wanted.lifecycle):
        raise Usage("say what: --create-bucket, --policy, --cors, --lifecycle")

    async def consent(question: str) -> bool:
        return bool(told.yes) or await _asked(desk, question)

    parts = store_alone(desk, store)
    findings: list[Finding] = []
    try:
        location = store.pod.settings.location
        making = Preparing(parts.bucket, location, wanted, consent, _teller(desk, told.json, findings))
        is_right = await making.run()
    finally:
        await parts.close()
    if told.json:
        desk.document({"right": is_right, "done": [_document(one) for one in findings]})
    return FINE if is_right else FAILED


def _origin(url: str) -> str:
    """Protocol and host of a page's address.  :raise Usage: it has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Usage(f"{url} is no address of a web page")
    return f"{parts.scheme}://{parts.netloc}"


async def _asked(desk: Desk, question: str) -> bool:
    """What the person at the terminal says; nobody there says no."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return (await desk.threads(sys.stdin.readline)).strip().lower() in ("y", "yes")


def _teller(desk: Desk, json: bool, findings: list[Finding]) -> Callable[[Finding], None]:
    def told(finding: Finding) -> None:
        findings.append(finding)
        if not json:
            desk.say(f"{finding.level.upper():7}  {finding.about}: {finding.text}")

    return told


def _document(finding: Finding) -> dict[str, str]:
    return {"about": finding.about, "level": finding.level.value, "text": finding.text}
