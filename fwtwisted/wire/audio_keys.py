"""
Keys that open one published file each, in the query of its address.

A pod that is closed to visitors still publishes what its channels say to whoever follows them.  Servers of Funkwhale
and GoToSocial sign when they fetch the file; Mastodon, Pleroma and Misskey do not, and could play nothing.  So the
addresses that followers there are sent have a key.  It follows from the server's secret and the upload, never changes,
and opens nothing that is not everybody's to hear on an open pod.  Source: docs/federation.md §3.3, §5.5.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

_BYTES = 16


class AudioKeys:
    """
    Makes and knows the keys.

    :param secret: the server's own; all processes of a pod share it.
    """

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(f"fwtwisted.audio-key\0{secret}".encode()).digest()

    def of(self, upload: UUID) -> str:
        """The key of an upload, in characters that need no quoting."""
        made = hmac.new(self._secret, upload.bytes, hashlib.sha256).digest()[:_BYTES]
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode("ascii")

    def opens(self, key: str | None, upload: UUID | None) -> bool:
        """Whether this is the key of the upload."""
        return key is not None and upload is not None and hmac.compare_digest(key.encode(), self.of(upload).encode())
