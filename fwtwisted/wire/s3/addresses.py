"""
Where a bucket is: which host and path a key has, in both styles.

Source: docs/storage.md §1.1 (``AWS_S3_ADDRESSING_STYLE``), §11.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from attrs import evolve, frozen

from fwtwisted.wire.s3.signing import Pairs, Target, quoted_path

FIRST_REGION = "us-east-1"
_USUAL_PORTS = {"http": 80, "https": 443}


@frozen
class Address:
    """
    A bucket at a store.

    :ivar host: of the endpoint, with a port that is not the scheme's own.
    :ivar base: path of the endpoint, without a slash at its end.
    :ivar is_virtual: the bucket is part of the host's name.
    """

    scheme: str
    host: str
    bucket: str
    base: str = ""
    is_virtual: bool = False

    @classmethod
    def at(cls, endpoint: str | None, bucket: str, region: str | None, style: str) -> Address:
        """
        The bucket's address as it is set.

        :param endpoint: URL of a compatible store; None for AWS's own.
        :param style: ``path``, ``virtual``, ``auto``.
        """
        parts = urlsplit(endpoint or f"https://{_aws_host(region)}")
        usual = parts.port is None or parts.port == _USUAL_PORTS.get(parts.scheme)
        name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        virtual = style == "virtual" or (style == "auto" and endpoint is None and "." not in bucket)
        host = name if usual else f"{name}:{parts.port}"
        return cls(parts.scheme, host, bucket, parts.path.rstrip("/"), virtual)

    @property
    def bucket_host(self) -> str:
        """The host that requests about the bucket go to."""
        return f"{self.bucket}.{self.host}" if self.is_virtual else self.host

    @property
    def origin(self) -> str:
        """Scheme and host of the URLs that clients are sent to.  Source: S-7."""
        return f"{self.scheme}://{self.bucket_host}"

    def target(self, method: str, key: str | None, query: Pairs = ()) -> Target:
        """A request about an object, or without a key about the bucket."""
        path = f"{self.base}/{key or ''}" if self.is_virtual else f"{self.base}/{self.bucket}"
        if not self.is_virtual and key is not None:
            path += f"/{key}"
        return Target(method, self.scheme, self.bucket_host, path, query)

    def copy_source(self, key: str) -> str:
        """How a copy names what it is made of."""
        return quoted_path(f"/{self.bucket}/{key}")

    def moved(self, location: str) -> Address | None:
        """
        The address that a redirect names, if it is the endpoint's own domain; None for anybody else's.

        Source: docs/storage.md §10 ("301/307 to another host").
        """
        try:
            parts = urlsplit(location)
            host, port = parts.hostname, parts.port
        except ValueError:
            return None
        if host is None or parts.scheme != self.scheme or not self._is_own(host.lower()):
            return None
        bare = host.lower().removeprefix(f"{self.bucket}.")
        name = bare if port is None or port == _USUAL_PORTS.get(parts.scheme) else f"{bare}:{port}"
        return evolve(self, host=name, is_virtual=bare != host.lower())

    def _is_own(self, host: str) -> bool:
        own = urlsplit(f"//{self.host}").hostname or ""
        family = ".amazonaws.com" if own.endswith(".amazonaws.com") else f".{own}"
        return host == own or host.endswith(family)


def _aws_host(region: str | None) -> str:
    if region is None:
        return "s3.amazonaws.com"
    return f"s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def public_url(domain: str, key: str) -> str:
    """The unsigned URL of a public object at the domain that an administrator put before the bucket."""
    return f"https://{domain}/{quote(key, safe='/-_.~')}"
