"""A request as it came, as far as its signature can speak of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from attrs import frozen

USUAL_PORTS = {"http": "80", "https": "443"}


def octets(text: str) -> bytes:
    """The bytes of a header's text, as they were before somebody read them as Latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


class Unsound(Exception):
    """A signature, a digest or a key that cannot be what it says; the text says why."""


@frozen
class Digests:
    """What a body hashes to, and its size."""

    sha256: bytes
    sha512: bytes
    size_bytes: int

    @classmethod
    def of(cls, body: bytes) -> Digests:
        """Takes some 3 ms for a MiB: large bodies belong into a thread."""
        return cls(hashlib.sha256(body).digest(), hashlib.sha512(body).digest(), len(body))


@frozen
class Received:
    """
    A request.

    :ivar target: path and query as they were sent.
    :ivar headers: by lower-case name, each with its values in order; their bytes read as Latin-1.
    :ivar digests: of the body; None: there is none.
    :ivar address: that it came from.
    """

    method: str
    target: str
    headers: Mapping[str, Sequence[str]]
    digests: Digests | None = None
    address: str = ""

    def header(self, name: str) -> str | None:
        """The values of a header as one; None where there is none of that name."""
        values = self.headers.get(name)
        return None if not values else ", ".join(value.strip(" \t") for value in values)

    @property
    def size_bytes(self) -> int:
        """Of the body."""
        return 0 if self.digests is None else self.digests.size_bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str | None:
        """Behind the question mark; None where there is none."""
        _, mark, query = self.target.partition("?")
        return query if mark else None


@frozen
class Place:
    """
    Where requests to us are addressed to, whatever a proxy makes of them on the way.

    :ivar scheme: :ivar authority: host in lower case, with the port where it is not the scheme's own.
    """

    scheme: str
    authority: str

    @classmethod
    def at(cls, base_url: str) -> Place:
        """The place of a pod's URL."""
        scheme, _, rest = base_url.partition("://")
        authority = rest.partition("/")[0].lower()
        return cls(scheme, authority.removesuffix(f":{USUAL_PORTS.get(scheme, '')}"))

    def host_of(self, request: Received) -> str:
        """
        What a signature over the ``Host`` header must have signed: our own name, in the spelling of whoever asks.

        A proxy may have put another name into the header; the client has signed ours, or another server's.
        """
        sent = request.header("host") or ""
        ours = sent.lower() in (self.authority, f"{self.authority}:{USUAL_PORTS.get(self.scheme, '')}")
        return sent if ours else self.authority
