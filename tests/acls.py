"""
A store that honours ACLs, which SeaweedFS does not: the proxy of :mod:`tests.faults`, which remembers what objects are
put with, answers for it when it is asked, and shows to everybody what everybody may read.
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from tests.faults import Asked, Fault, Faults
from tests.s3_server import SeaweedFs

READERS = "http://acs.amazonaws.com/groups/global/AllUsers"
OPEN = ("public-read", "public-read-write")


class AclFaults(Faults):
    """
    :ivar acls: of objects by their keys; what has none is the owner's alone.
    :ivar refuses: status and code of the answer to every request that has to do with ACLs; None: they are honoured.
    """

    def __init__(self, server: SeaweedFs) -> None:
        super().__init__(server.port)
        self._server = server
        self.acls: dict[str, str] = {}
        self.refuses: tuple[int, str] | None = None

    def of(self, asked: Asked) -> Fault | None:
        """See :class:`Faults`."""
        fault = super().of(asked)
        if fault is None:
            fault = asked.fault = self._of_acls(asked)
        return fault

    def _of_acls(self, asked: Asked) -> Fault | None:
        place = urlsplit(asked.path)
        bucket, _, key = unquote(place.path).lstrip("/").partition("/")
        query = parse_qs(place.query, keep_blank_values=True)
        told = asked.headers.get("x-amz-acl")
        if self.refuses is not None and (told is not None or "acl" in query):
            status, code = self.refuses
            return Fault(status=status, code=code)
        if "acl" in query:
            return self._asked_for(asked, key, told)
        if asked.method in ("PUT", "POST") and "partNumber" not in query and ("uploads" in query or not query):
            self.acls[key] = told or "private"
        if asked.method == "GET" and "authorization" not in asked.headers and "X-Amz-Signature" not in query:
            return self._shown(bucket, key)
        return None

    def _asked_for(self, asked: Asked, key: str, told: str | None) -> Fault:
        if asked.method == "PUT":
            self.acls[key] = told or "private"
            return Fault(status=200, body=b"")
        grant = f"<Grant><Grantee><URI>{READERS}</URI></Grantee><Permission>READ</Permission></Grant>"
        grants = grant if self.acls.get(key) in OPEN else ""
        document = f"<AccessControlPolicy><AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
        return Fault(status=200, body=document.encode())

    def _shown(self, bucket: str, key: str) -> Fault:
        body = self._server.get(bucket, key) if self.acls.get(key) in OPEN else None
        return Fault(status=403, code="AccessDenied") if body is None else Fault(status=200, body=body)
