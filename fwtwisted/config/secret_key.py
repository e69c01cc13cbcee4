"""The key that signs sessions and tokens, made once and kept under the data folder when none was set."""

from __future__ import annotations

import os
import secrets
from typing import Final

from fwtwisted.config.values import ConfigError

NAME: Final = "secret_key"


def kept_secret_key(data: str) -> str:
    """
    The key in ``DATA/secret_key`` (mode 0600), made at the first call.

    Processes that start at once agree on one key: the file appears whole or not at all, and the first one wins.

    :param data: the data folder, which exists.
    :raise ConfigError: when the file can neither be read nor made.
    """
    path = os.path.join(data, NAME)
    try:
        return _read(path) or _made(path)
    except OSError as failed:
        raise ConfigError(
            f"DJANGO_SECRET_KEY is not set, and {path} cannot be used instead: {failed.strerror}."
        ) from failed


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="ascii") as stream:
            key = stream.read().strip()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as wrong:
        raise ConfigError(f"{path} does not hold a secret key.") from wrong
    if len(key) < 32:
        raise ConfigError(f"{path} does not hold a secret key; restore it, or remove it to sign everybody out.")
    return key


def _made(path: str) -> str:
    draft = f"{path}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
    key = _read(path)
    assert key is not None, "just linked"
    return key
