"""
The object store among the settings: its rows, its values, and what cannot be at once.

Source: docs/storage.md §1.1, §1.2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from attrs import frozen

from fwtwisted.config.forms import Form
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.s3.building import PodStore, UrlStyle
from fwtwisted.outside.s3.keyring import KeyFiles
from fwtwisted.outside.s3.settings import MIB, LineSettings, StoreSettings
from fwtwisted.wire.s3.addresses import Address
from fwtwisted.wire.s3.policy import OPEN
from fwtwisted.wire.s3.signing import Keys

LEAST_PART: Final = 5 * MIB
LARGEST_PART: Final = 5 * 1024 * MIB
LEAST_SLICE: Final = 64 << 10
LARGEST_SLICE: Final = 64 * MIB
_SENT: Final = re.compile(r"[\x21-\x7e]+")
LEAST_CACHE: Final = 100 * MIB


@frozen
class Store:
    """
    Where media lie when not on this disk, and how they are had from there.

    :ivar pod: everything about the bucket.
    :ivar proxies: audio goes through us; else clients are redirected.
    :ivar front_fetches: nginx fetches from the store itself.
    :ivar looks_here: files are looked for on the local disk first.
    :ivar cache: how copies are kept on this disk; None: none are.
    """

    pod: PodStore
    proxies: bool
    front_fetches: bool
    looks_here: bool
    cache: MediaCacheSettings | None = None

    @property
    def client_origins(self) -> tuple[str, ...]:
        """Where clients may be sent (S-7)."""
        domain = self.pod.custom_domain
        sends = not self.proxies or (domain is None and self.pod.picture_urls is not UrlStyle.OURS)
        return (
            *((self.pod.settings.address.origin,) if sends else ()),
            *((f"https://{domain}",) if domain else ()),
        )


def store_of(values: Mapping[str, Any], media_root: str) -> Store | None:
    """
    What is set about the object store; None when media lie on the local disk.

    :param media_root: the folder of media on this disk, absolute.
    :raise ValueError: a sentence that names what cannot work.
    """
    if not values["AWS_ACCESS_KEY_ID"]:
        return None
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_STORAGE_BUCKET_NAME"):
        if not values[name]:
            raise ValueError(f"{name} is not set, but AWS_ACCESS_KEY_ID is; leave that empty to use the local disk.")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"):  # these are sent as they are
        if values[name] and not _SENT.fullmatch(values[name]):
            raise ValueError(f"{name} must be as the store gave it, in one line and without spaces.")
    proxies = values["PROXY_MEDIA"]
    pod = PodStore(
        settings=_settings(values),
        url_seconds=values["AWS_QUERYSTRING_EXPIRE"],
        custom_domain=values["AWS_S3_CUSTOM_DOMAIN"],
        picture_urls=_picture_urls(proxies=proxies, signs=values["AWS_QUERYSTRING_AUTH"]),
    )
    return Store(pod, proxies, values["S3_NGINX_DIRECT"], values["MEDIA_LOCAL_FIRST"], _cache(values, media_root))


def _cache(values: Mapping[str, Any], media_root: str) -> MediaCacheSettings | None:
    path, slice_bytes = values["MEDIA_CACHE_PATH"], values["MEDIA_CACHE_SLICE"]
    if not path:
        return None
    if not LEAST_SLICE <= slice_bytes <= LARGEST_SLICE:
        raise ValueError("MEDIA_CACHE_SLICE must be from 64k to 64m.")
    if values["MEDIA_CACHE_MAX_SIZE"] < LEAST_CACHE:
        raise ValueError("MEDIA_CACHE_MAX_SIZE must be at least 100m; to have no cache, do not set MEDIA_CACHE_PATH.")
    cache, media = PurePosixPath(os.path.normpath(path)), PurePosixPath(os.path.normpath(media_root))
    if cache.is_relative_to(media) or media.is_relative_to(cache):
        raise ValueError(f"MEDIA_CACHE_PATH must lie beside MEDIA_ROOT ({media_root}), where files of our own are.")
    return MediaCacheSettings(
        path,
        max_bytes=values["MEDIA_CACHE_MAX_SIZE"],
        least_free_bytes=values["MEDIA_CACHE_MIN_FREE"],
        inactive_seconds=values["MEDIA_CACHE_INACTIVE"],
        valid_seconds=values["MEDIA_CACHE_VALID"],
        stale_seconds=max(values["MEDIA_CACHE_STALE_MAX"], values["MEDIA_CACHE_VALID"]),
        negative_seconds=values["MEDIA_CACHE_NEGATIVE"],
        slice_bytes=slice_bytes,
        silence_seconds=values["MEDIA_CACHE_LOCK_TIMEOUT"],
    )


def _picture_urls(*, proxies: bool, signs: bool | None) -> UrlStyle:
    """
    Where clients find public pictures.

    :param signs: what was said of signed addresses; None: nothing, so only who is sent to the store gets them.
    Source: docs/storage.md §3.4.
    """
    if signs or (signs is None and not proxies):
        return UrlStyle.SIGNED
    return UrlStyle.OURS if proxies else UrlStyle.PLAIN


def _settings(values: Mapping[str, Any]) -> StoreSettings:
    part, threshold = values["S3_PART_SIZE"], values["S3_MULTIPART_THRESHOLD"]
    if not LEAST_PART <= part <= LARGEST_PART:
        raise ValueError("S3_PART_SIZE must be from 5m to 5g.")
    if threshold > LARGEST_PART:
        raise ValueError("S3_MULTIPART_THRESHOLD must be at most 5g; nothing larger can be sent in one piece.")
    acl = values["AWS_DEFAULT_ACL"]
    endpoint, bucket = values["AWS_S3_ENDPOINT_URL"], values["AWS_STORAGE_BUCKET_NAME"]
    region = values["AWS_S3_REGION_NAME"]
    return StoreSettings(
        address=Address.at(endpoint, bucket, region, values["AWS_S3_ADDRESSING_STYLE"]),
        keys=Keys(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"], values["AWS_SESSION_TOKEN"]),
        files=KeyFiles(
            values.get("AWS_ACCESS_KEY_ID_FILE"),
            values.get("AWS_SECRET_ACCESS_KEY_FILE"),
            values.get("AWS_SESSION_TOKEN_FILE"),
        ),
        region=region,
        location=values["AWS_LOCATION"] or "",
        retries=values["S3_RETRIES"],
        multipart_bytes=threshold,
        part_bytes=part,
        checksums=values["S3_CHECKSUMS"],
        single_request=values["S3_FORCE_SINGLE_REQUEST"],
        public_acl=acl,
        private_acl=values["AWS_AUDIO_ACL"] or ("private" if acl in OPEN else None),
        line=LineSettings(
            connect_seconds=values["S3_CONNECT_TIMEOUT"],
            read_seconds=values["S3_READ_TIMEOUT"],
            connections=values["S3_MAX_CONNECTIONS"],
            verifies=values["AWS_S3_VERIFY"],
            ca_bundle=values["AWS_S3_CA_BUNDLE"],
        ),
    )


# --- forms ---------------------------------------------------------------------------------------


def _location(text: str) -> str:
    """A folder in the bucket, without a slash at its end."""
    folder = text.strip().rstrip("/")
    if text.strip().startswith("/"):
        raise ValueError("must not begin with a slash")
    if any(piece in ("", ".", "..") for piece in folder.split("/")) or re.search(r"[\\\x00-\x1f]", folder):
        raise ValueError("must be a folder such as media or pods/mine, without .. in it")
    return folder


def _bucket(text: str) -> str:
    """Stores disagree about what a bucket may be called; what breaks a URL is none anywhere."""
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,254}", name):
        raise ValueError("must be the name of a bucket, without slashes or spaces")
    return name


def _region(text: str) -> str:
    region = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", region):
        raise ValueError("must be the name of a region such as eu-west-3")
    return region


LOCATION: Final = Form("folder in the bucket", _location)
BUCKET: Final = Form("name of a bucket", _bucket)
REGION: Final = Form("name of a region", _region)
