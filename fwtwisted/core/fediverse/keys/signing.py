"""
Signs what our actors send: requests, and documents where somebody wants a proof within them.

The mathematics runs in threads, on as many cores as there are; the interpreter is free meanwhile.
Source: docs/federation.md §1.1 to §1.3, §1.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from attrs import field, frozen

from fwtwisted.core.fediverse.keys.mill import Mill
from fwtwisted.core.fediverse.keys.own import OwnKeys, SigningKey
from fwtwisted.model.federation import Scheme
from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching import Sign
from fwtwisted.wire.signatures import messages, outgoing
from fwtwisted.wire.signatures.keys import signed
from fwtwisted.wire.signatures.messages import Wanted
from fwtwisted.wire.signatures.outgoing import Order
from fwtwisted.wire.signatures.proofs import proven
from fwtwisted.wire.targets import Target

__all__ = ("Scheme", "Signing", "Wanted", "wanted_by")

SIGN_AT_ONCE = 2
SIGN_MOST = 16  # of 0.3 ms each


@frozen
class _Signed:
    """An order, and the key for it."""

    order: Order
    key: SigningKey = field(repr=False)


class Signing:
    """
    Makes the headers that prove who sends a request.

    :param now: seconds since the epoch.
    """

    def __init__(self, keys: OwnKeys, threads: Threads, now: Callable[[], float]) -> None:
        self._keys, self._threads, self._now = keys, threads, now
        self._mill: Mill[_Signed, dict[str, str]] = Mill(threads, _signed, SIGN_AT_ONCE, SIGN_MOST)

    def by(
        self,
        actor_id: int,
        method: str = "GET",
        body: bytes | None = None,
        scheme: Scheme = Scheme.CAVAGE,
        wanted: Wanted | None = None,
        former_key: str | None = None,
    ) -> Sign:
        """
        What signs a request for an actor of ours: for ``Wish.sign``, made anew for each hop, off the reactor.

        :param body: that will be sent; None: none.
        :param wanted: what a server asked for in a refusal, with :attr:`Scheme.MESSAGES`; see :func:`wanted_by`.
        :param former_key: see :meth:`~fwtwisted.core.fediverse.keys.own.OwnKeys.signing`.
        """

        async def sign(target: Target) -> Mapping[str, str]:
            key = await self._keys.signing(actor_id, former_key)
            order = Order(key.key_id, method, target, body, scheme, self._now(), wanted)
            return await self._mill.do(_Signed(order, key))

        return sign

    async def proven(self, actor_id: int, document: Mapping[str, Any]) -> dict[str, Any]:
        """
        A document with an actor's proof in it (FEP-8b32).

        Nothing that we send bears one by default: it goes with a context that Funkwhale cannot read offline.
        """
        key = await self._keys.proving(actor_id)
        now = datetime.fromtimestamp(self._now(), UTC)
        made: dict[str, Any] = await self._threads(proven, document, key.key, key.key_id, now)
        return made


def _signed(asked: _Signed) -> dict[str, str]:
    """In a thread."""
    return outgoing.headers(asked.order, partial(signed, asked.key.key))


def wanted_by(headers: Mapping[str, str], *, has_body: bool) -> Wanted | None:
    """
    The signature that a server asks for in a refusal, if we can make it.

    :param headers: of the answer, by lower-case name.
    """
    asked = headers.get(messages.ACCEPT)
    return None if asked is None else messages.wanted(asked, outgoing.able(has_body=has_body))
