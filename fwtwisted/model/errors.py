"""
What can go wrong, as types.

Each text is safe to show to the person who asked: no paths, no SQL, no secrets.  The true cause rides along with
``raise … from``.  Which status or code a failure becomes on the wire is decided in one table of each face
(``web/app.py`` for REST).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from fwtwisted.model.limits import Standing

# What was wrong with which field: messages, or the same again for a nested object or a list's items by index.
Problems: TypeAlias = "Mapping[str, list[str] | Problems]"

NON_FIELD = "non_field_errors"


class FwError(Exception):
    """The root of everything that we raise on purpose."""

    text = "The request could not be answered."

    def __init__(self, text: str = "") -> None:
        super().__init__(text or self.text)


class Invalid(FwError):
    """
    One or more fields hold what they may not.

    :ivar problems: messages by field; :data:`NON_FIELD` for those about the whole.
    """

    text = "Invalid input."

    def __init__(self, problems: Problems) -> None:
        super().__init__("; ".join(f"{name}: {told}" for name, told in problems.items()))
        self.problems = problems

    @classmethod
    def on(cls, field: str, *messages: str) -> Invalid:
        """The failure of a single field."""
        return cls({field: list(messages)})


class BadRequest(FwError):
    """The request cannot be read at all: broken JSON, broken multipart, an unreadable query."""

    text = "Malformed request."


class Unauthenticated(FwError):
    """
    Nobody, or nobody that we believe, asks for something that needs somebody.

    :ivar invalid_token: a token came, but it is unknown, expired or revoked.
    """

    text = "Authentication credentials were not provided."

    def __init__(self, text: str = "", *, invalid_token: bool = False) -> None:
        super().__init__(text)
        self.invalid_token = invalid_token


class Forbidden(FwError):
    """We know who asks, and the answer is no."""

    text = "You do not have permission to perform this action."


class CsrfFailed(Forbidden):
    """A write by session cookie that does not prove where it comes from."""

    text = "CSRF Failed: CSRF token missing or incorrect."


class ShutOut(Forbidden):
    """Moderators shut out the server, or the actor, that this comes from or goes to."""

    text = "Moderators have shut this server out."


class NotFound(FwError):
    """There is no such thing, or it is not the asker's to know of."""

    text = "Not found."


class Gone(FwError):
    """There was such a thing, and there will never be again."""

    text = "This is gone."


class NotOffered(FwError):
    """The thing is there, the method is not, or the feature is switched off."""

    text = "Method not allowed."


class Conflict(FwError):
    """It is there already, or in a state that does not admit this."""

    text = "Conflict."


class TooLarge(FwError):
    """The body is larger than this place takes."""

    text = "The request is too large."


class HeadTooLarge(FwError):
    """The head of a request is larger than anybody needs."""

    text = "Request header fields too large."


class UnsupportedMedia(FwError):
    """The body is of a type that nobody here reads."""

    text = "Unsupported media type in request."


class Throttled(FwError):
    """
    Asked too often.

    :ivar retry_after: seconds until it makes sense again.
    :ivar standing: with which limit; None where nobody can say.
    """

    def __init__(self, retry_after: int, standing: Standing | None = None) -> None:
        super().__init__(f"Request was throttled. Expected available in {retry_after} seconds.")
        self.retry_after, self.standing = retry_after, standing


class Unavailable(FwError):
    """A part that we need is away for the moment.  :ivar retry_after: seconds."""

    text = "The service is temporarily unavailable."

    def __init__(self, text: str = "", *, retry_after: int = 5) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Misconfigured(FwError):
    """The server lacks a setting that this needs; the log says which, the asker learns no more."""

    text = "This server is not set up for that."


class NoRoom(FwError):
    """The disk is full."""

    text = "There is no room left to store this."


class RemoteFailed(FwError):
    """Another server did not answer as it should have."""

    text = "The remote server did not answer properly."


class QuotaExceeded(Invalid):
    """The account's upload quota is reached.  :ivar used_mb: :ivar limit_mb: megabytes of 10^6 bytes."""

    def __init__(self, used_mb: float, limit_mb: float) -> None:
        super().__init__({NON_FIELD: ["upload_quota_reached"]})
        self.used_mb, self.limit_mb = used_mb, limit_mb
