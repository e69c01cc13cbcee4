"""What the parts of the store are told."""

from __future__ import annotations

from attrs import field, frozen

from fwtwisted.outside.s3.keyring import KeyFiles
from fwtwisted.wire.s3.addresses import Address
from fwtwisted.wire.s3.signing import Keys

MIB = 1024**2


@frozen
class LineSettings:
    """
    How the store is reached.

    :ivar connect_seconds:  :ivar read_seconds: of silence, never of the whole.
    :ivar connections: at once, of this process.
    :ivar verifies: whether its certificate must be right.  :ivar ca_bundle: path of the authorities to believe in.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    connections: int = 32
    verifies: bool = True
    ca_bundle: str | None = None


@frozen
class StoreSettings:
    """
    A bucket, and how we treat it (docs/storage.md §1.1).

    :ivar location: folder put before every key, without slashes at its ends; empty for none.
    :ivar retries: tries after the first.
    :ivar multipart_bytes: size from which an object is sent in parts.  :ivar part_bytes: the least size of one.
    :ivar checksums: ``auto``, ``on``, ``off``.
    :ivar single_request: whole objects in one GET, for stores that break ranged reads.
    :ivar public_acl: and :ivar private_acl: sent with every object of that kind; None: no header.
    """

    address: Address
    keys: Keys
    files: KeyFiles = field(factory=KeyFiles)
    region: str | None = None
    location: str = ""
    retries: int = 4
    multipart_bytes: int = 16 * MIB
    part_bytes: int = 8 * MIB
    checksums: str = "auto"
    single_request: bool = False
    public_acl: str | None = None
    private_acl: str | None = None
    line: LineSettings = field(factory=LineSettings)
