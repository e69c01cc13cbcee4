"""What the federation's rooms hand to each other: kinds of peers, who signed."""

from __future__ import annotations

import enum

from attrs import frozen

from fwtwisted.model.people import Actor


class PeerClass(enum.Enum):
    """
    What a server reads: one body does not fit all (docs/federation.md §3.9, §7).

    ``NOTE`` are those that take no Audio and are sent a Note instead.
    """

    G1 = "g1"
    G2 = "g2"
    NOTE = "note"
    OTHER = "other"


@frozen
class Signer:
    """Who a request proved to come from."""

    actor: Actor
    key_id: str
