"""
Our keys to the store, read again from their files when the store does not know them any more.

Source: docs/storage.md §1.1 (``NAME_FILE``), §10 ("rotation").
"""

from __future__ import annotations

from attrs import evolve, frozen

from fwtwisted.model.threads import Threads
from fwtwisted.wire.s3.signing import Keys

_LARGEST_FILE = 65_536


@frozen
class KeyFiles:
    """Paths of the files that hold the keys; None for one that was set by itself."""

    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None


class Keyring:
    """The keys that are in force."""

    def __init__(self, keys: Keys, files: KeyFiles, threads: Threads) -> None:
        self.keys, self._files, self._threads = keys, files, threads

    async def reread(self, refused: Keys) -> bool:
        """
        Look for other keys than those that were refused.

        :return: whether there are some now; somebody else may have found them meanwhile.
        """
        if self.keys != refused:
            return True
        self.keys = await self._threads(_read, self.keys, self._files)
        return self.keys != refused


def _read(keys: Keys, files: KeyFiles) -> Keys:
    """In a thread: the keys with what their files say; a file that cannot be read changes nothing."""
    found = {
        name: text
        for name, path in (
            ("access_key", files.access_key),
            ("secret_key", files.secret_key),
            ("session_token", files.session_token),
        )
        if path is not None and (text := _text(path))
    }
    return evolve(keys, **found)


def _text(path: str) -> str | None:
    try:
        with open(path, "rb") as stream:
            return stream.read(_LARGEST_FILE).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None
