"""
What Subsonic calls an error: a code in the envelope, with status 200.

Source: docs/subsonic.md §5 and rule 14.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from fwtwisted.model import errors
from fwtwisted.model.errors import FwError


class Code(enum.IntEnum):
    """The protocol's codes."""

    GENERIC = 0
    MISSING_PARAMETER = 10
    CLIENT_TOO_OLD = 20
    SERVER_TOO_OLD = 30
    WRONG_CREDENTIALS = 40
    NO_TOKEN_LOGIN = 41
    NO_PASSWORD_LOGIN = 42
    SEVERAL_CREDENTIALS = 43
    INVALID_KEY = 44
    NOT_ALLOWED = 50
    NOT_FOUND = 70


class Refused(FwError):
    """
    A failure that only this protocol knows.

    :ivar code: what the envelope says.  :ivar help_url: a page for people; None: none.
    :ivar status: of HTTP: 200 but for the few cases in which apps would take the words for a song.
    """

    def __init__(self, code: Code, text: str, help_url: str | None = None, status: int = 200) -> None:
        super().__init__(text)
        self.code, self.help_url, self.status = code, help_url, status


def missing(name: str) -> Refused:
    """A parameter that is needed did not come, or cannot be read."""
    return Refused(Code.MISSING_PARAMETER, f"Required parameter is missing or not readable: {name}")


# What the house's own failures become; the first type that fits counts.
CODES: Mapping[type[FwError], Code] = {
    errors.Unauthenticated: Code.WRONG_CREDENTIALS,
    errors.Forbidden: Code.NOT_ALLOWED,
    errors.NotFound: Code.NOT_FOUND,
    errors.Invalid: Code.GENERIC,
}


def code_of(error: FwError) -> Code:
    """The code that a failure becomes."""
    if isinstance(error, Refused):
        return error.code
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), Code.GENERIC)
