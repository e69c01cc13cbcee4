"""Whose certificates are believed: those that this machine believes, and those of one file beside them."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from OpenSSL import SSL
from twisted.internet._sslverify import IOpenSSLTrustRoot  # documented, and offered nowhere else
from twisted.internet.ssl import Certificate, platformTrust, trustRootFromCertificates
from zope.interface import implementer


@implementer(IOpenSSLTrustRoot)
class BesideTheMachines:
    """
    Believes what this machine does, and the authorities of a file.

    :param bundle: its path: certificates in PEM.
    :raise ValueError: it holds none, or something broken.  :raise OSError: it cannot be read.
    """

    def __init__(self, bundle: str) -> None:
        with open(bundle, "rb") as stream:
            found = load_pem_x509_certificates(stream.read())
        listed = [Certificate.loadPEM(one.public_bytes(Encoding.PEM)) for one in found]
        self._roots: tuple[Any, Any] = (platformTrust(), trustRootFromCertificates(listed))

    def _addCACertsToContext(self, context: SSL.Context) -> None:
        for root in self._roots:
            root._addCACertsToContext(context)
