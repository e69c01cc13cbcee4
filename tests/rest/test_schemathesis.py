"""
Schemathesis against the server, as its own description has it: whatever is sent, no failure of ours, no answer that the
description does not have.

Cases are drawn the same way each time, and paths name what is there.  For a longer look than a test run has time for,
``SCHEMATHESIS="--max-examples 50 --phases coverage,fuzzing"`` says how far to go.
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import orjson
from twisted.internet import reactor
from twisted.internet.utils import getProcessOutputAndValue

from fwtwisted.web.v1.schema import PREFIX
from tests.rest.filled import FilledCase
from tests.rest.pod import PASSWORD

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
BEGIN = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"


class SchemathesisTests(FilledCase):
    """The pod is full, and its limits are off."""

    environment: Mapping[str, str] = {"THROTTLING_ENABLED": "false"}
    timeout = 600

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self.fill()
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()

    async def run_cases(self, examples: int, *headers: str) -> None:
        """Have so many cases of each operation sent; the child's words are the failure's."""
        document = (await self.visitor().get(f"{PREFIX}/")).body
        (self.folder / "schema.json").write_bytes(document)
        (self.folder / "schemathesis.toml").write_text(self._settings(orjson.loads(document)["paths"]))
        command = [
            "-c", BEGIN, "--config-file", "schemathesis.toml", "run", "schema.json",
            "--url", f"http://127.0.0.1:{self.served.port}", "--header", "Host: pod.example", "--checks", CHECKS,
            "--no-color", "--no-shrink", "--seed", "1", "--generation-database", "none", "--warnings", "off",
            "--continue-on-failure", "--request-timeout", "30",
            *(part for one in headers for part in ("--header", one)),
            *os.environ.get("SCHEMATHESIS", f"--max-examples {examples} --phases fuzzing").split(),
        ]  # fmt: skip
        output, errors, status = await getProcessOutputAndValue(
            sys.executable, command, env=dict(os.environ), path=str(self.folder), reactor=reactor
        )
        if status:
            self.fail((output + errors).decode("utf-8", "replace"))

    def _settings(self, paths: Mapping[str, object]) -> str:
        """What stands for the variables of paths."""
        told = []
        for path in paths:
            values = self.values(path)
            named = {f"path.{name}": value if isinstance(value, int) else str(value) for name, value in values.items()}
            if named and "{" in path:
                lines = ", ".join(f'"{name}" = {orjson.dumps(value).decode()}' for name, value in named.items())
                told.append(f'[[operations]]\ninclude-path = "{path}"\nparameters = {{ {lines} }}\n')
        return "\n".join(told)

    async def test_an_administrator(self) -> None:
        """Everything is open."""
        await self.account("chief", is_superuser=True, is_staff=True)
        pair = b64encode(f"chief:{PASSWORD}".encode()).decode()
        await self.run_cases(2, f"Authorization: Basic {pair}")

    async def test_a_visitor(self) -> None:
        """Somebody of whom nothing is known, on an open pod."""
        await self.open_up()
        await self.run_cases(1)
