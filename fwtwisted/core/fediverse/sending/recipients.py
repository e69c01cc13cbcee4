"""
To whom an activity goes.  Source: docs/federation.md §4.12.

``Public`` is none of these: it is written into documents, and never a delivery.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Recipients:
    """
    A set of inboxes in words; parts are put together by ``|``.

    :ivar followers_of: actors whose approved followers are meant.
    :ivar library_followers: libraries whose approved followers are meant.
    :ivar actors: themselves, by whichever inbox is cheapest.  :ivar in_person: themselves, by their personal inbox.
    :ivar pods: every server where somebody follows anything of ours.
    """

    followers_of: frozenset[int] = frozenset()
    library_followers: frozenset[int] = frozenset()
    actors: frozenset[int] = frozenset()
    in_person: frozenset[int] = frozenset()
    pods: bool = False

    def __or__(self, other: Recipients) -> Recipients:
        return Recipients(
            self.followers_of | other.followers_of,
            self.library_followers | other.library_followers,
            self.actors | other.actors,
            self.in_person | other.in_person,
            self.pods or other.pods,
        )


def followers_of(*actor_ids: int) -> Recipients:
    """Approved followers of the actors."""
    return Recipients(followers_of=frozenset(actor_ids))


def library_followers(*library_ids: int) -> Recipients:
    """Approved followers of the libraries."""
    return Recipients(library_followers=frozenset(library_ids))


def actors(*actor_ids: int) -> Recipients:
    """The actors; by the inbox that their server has for everybody, where it has one."""
    return Recipients(actors=frozenset(actor_ids))


def in_person(*actor_ids: int) -> Recipients:
    """The actors, each by an inbox of their own."""
    return Recipients(in_person=frozenset(actor_ids))


PODS_WITH_FOLLOWERS = Recipients(pods=True)
