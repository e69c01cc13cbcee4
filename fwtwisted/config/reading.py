"""
Reads the settings: environment over file, each once, into one :class:`~fwtwisted.config.values.Config`.

Empty means unset.  A setting that is empty in the environment is unset even when the file has it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from fwtwisted.config import envfile
from fwtwisted.config.forms import YES
from fwtwisted.config.rules import PARTS, config_of
from fwtwisted.config.table import SETTINGS, Setting, unknown
from fwtwisted.config.values import Config, ConfigError

FILE_MAX: Final = 1024 * 1024
"""The largest settings file and secret file that are read, bytes."""


@frozen
class Shown:
    """A setting as ``config show`` tells it.  :ivar origin: where the value comes from, in a word or a path."""

    name: str
    text: str
    origin: str


@frozen
class Reading:
    """
    What was read.

    :ivar config: the values.
    :ivar notices: what the operator should know but need not act on now; sentences without any value.
    :ivar shown: every setting that counts, in the table's order, secrets as ``***``.
    :ivar file: path of the settings file, None when there is none.
    """

    config: Config
    notices: tuple[str, ...]
    shown: tuple[Shown, ...]
    file: str | None


@frozen
class _Text:
    text: str
    origin: str


def read_config(
    environ: Mapping[str, str],
    *,
    data: str,
    env_file: str | None = None,
    folder: str = ".",
    endpoints: Sequence[str] = (),
) -> Reading:
    """
    Read everything that is set.

    :param environ: the process's environment.
    :param data: the data folder; need not exist yet.
    :param env_file: the settings file that the command line names.
    :param folder: where a ``.env`` is looked for when neither the command line nor ``ENV_FILE`` names a file.
    :param endpoints: what the command line says to listen on; a pod without a name takes its port from there.
    :raise ConfigError: for a file that cannot be read and for the first setting that cannot work.
    """
    path = _file_path(environ, env_file, folder)
    file = envfile.parsed(_read(path, "the settings file")) if path else envfile.EnvFile({}, ())
    texts = {name: _Text(text, path or "") for name, text in file.values.items()}
    texts |= {name: _Text(text, "environment") for name, text in environ.items()}
    values, shown = _values(texts)
    values["FUNKWHALE_API_PORT"] = _port(endpoints) or values["FUNKWHALE_API_PORT"]
    return Reading(
        config=config_of(values, os.path.abspath(data)),
        notices=(*file.warnings, *_notices(texts)),
        shown=shown,
        file=path,
    )


def _port(endpoints: Sequence[str]) -> int | None:
    """The port of the first TCP endpoint string."""
    ports = (re.match(r"tcp6?:(?:port=)?([0-9]+)", endpoint) for endpoint in endpoints)
    return next((int(match[1]) for match in ports if match), None)


def _file_path(environ: Mapping[str, str], env_file: str | None, folder: str) -> str | None:
    named = env_file or environ.get("ENV_FILE")
    if named:
        return os.path.abspath(named)
    beside = os.path.abspath(os.path.join(folder, ".env"))
    return beside if os.path.isfile(beside) else None


def _read(path: str, what: str) -> str:
    """The text of a small file.  :param what: begins the sentence when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            body = stream.read(FILE_MAX + 1)
    except OSError as failed:
        raise ConfigError(f"{what} {path} cannot be read: {failed.strerror}.") from failed
    if len(body) > FILE_MAX:
        raise ConfigError(f"{what} {path} is larger than {FILE_MAX} bytes.")
    try:
        return body.decode()
    except UnicodeDecodeError as failed:
        raise ConfigError(f"{what} {path} is not UTF-8 text.") from failed


def _values(texts: Mapping[str, _Text]) -> tuple[dict[str, Any], tuple[Shown, ...]]:
    """Every row's value, and how each is shown."""
    values: dict[str, Any] = {}
    shown: list[Shown] = []
    for row in SETTINGS.values():
        if row.ignored:
            continue
        given = _given(row, texts)
        values[row.name] = _value(row, given.text if given else row.default)
        if row.secret:
            values[f"{row.name}_FILE"] = _pointer(row, texts)
        shown.append(_shown(row, given))
    return values, tuple(shown)


def _given(row: Setting, texts: Mapping[str, _Text]) -> _Text | None:
    """The row's own text, or for a secret the content of the file that ``NAME_FILE`` names; None when unset."""
    given, pointer = texts.get(row.name), texts.get(f"{row.name}_FILE")
    if row.secret and pointer is not None and pointer.text:
        if given is not None and given.text:
            raise ConfigError(f"{row.name} and {row.name}_FILE are both set; give one of them.")
        return _Text(_read(pointer.text, f"{row.name}_FILE").rstrip("\r\n"), pointer.text)
    return given if given is not None and given.text.strip() else None


def _pointer(row: Setting, texts: Mapping[str, _Text]) -> str | None:
    """Path of the file that a secret was read from, for who reads it again; None when it was given by itself."""
    pointer = texts.get(f"{row.name}_FILE")
    return os.path.abspath(pointer.text) if pointer is not None and pointer.text else None


def _value(row: Setting, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return row.form.read(text)
    except ValueError as wrong:
        raise ConfigError(f"{row.name} {wrong}.") from wrong


def _shown(row: Setting, given: _Text | None) -> Shown:
    if given is None:
        return Shown(row.name, row.default or "", "default")
    return Shown(row.name, "***" if row.secret else given.text, given.origin)


def _notices(texts: Mapping[str, _Text]) -> list[str]:
    """Sentences about what is set and does not do what one might expect."""
    ignored = sorted(
        name for name, given in texts.items() if name in SETTINGS and SETTINGS[name].ignored and given.text
    )
    strange = unknown(list(texts))
    notices = []
    if strange:
        notices.append(f"no such setting, ignored: {', '.join(strange)}")
    if ignored:
        notices.append(f"accepted, but without effect here (docs/settings.md says why): {', '.join(ignored)}")
    if _is_set(texts, "LDAP_ENABLED") and texts["LDAP_ENABLED"].text.lower() in YES:
        notices.append("LDAP_ENABLED is on, but log-in by LDAP is not offered; accounts need a password of their own")
    if _is_set(texts, "DATABASE_URL") and any(_is_set(texts, part) for part in PARTS):
        notices.append("DATABASE_URL is set, so DATABASE_HOST and its kin are not read")
    return notices


def _is_set(texts: Mapping[str, _Text], name: str) -> bool:
    return name in texts and bool(texts[name].text)
