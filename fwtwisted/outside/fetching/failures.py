"""How asking another server can fail."""

from __future__ import annotations

from fwtwisted.model.errors import RemoteFailed


class FetchFailed(RemoteFailed):
    """Nothing came of a request.  Each text is safe to show to whoever asked for it."""


class Refused(FetchFailed):
    """We do not ask there, whatever happens: trying again cannot help."""

    text = "This address is not asked."


class NoSuchHost(FetchFailed):
    """The name means nothing."""

    text = "There is no server of this name."


class Unreachable(FetchFailed):
    """No connection, or one that broke."""

    text = "The server cannot be reached."


class TooSlow(FetchFailed):
    """One of the limits of time was reached."""

    text = "The server did not answer in time."


class Crowded(TooSlow):
    """Others of ours are asking there, and were not done in time: we have not asked."""

    text = "Too many wait for this server."


class TooLong(FetchFailed):
    """The answer is larger than what was asked for may be."""

    text = "The answer is too long."


class Misled(FetchFailed):
    """Redirects without end, or where none may be."""

    text = "The server sends us from one address to another."


class Garbled(FetchFailed):
    """The answer breaks the rules of HTTP, or of its compression."""

    text = "The answer cannot be read."
