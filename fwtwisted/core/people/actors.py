"""Actors of this pod, as they are to be written: people, channels, the pod itself."""

from __future__ import annotations

from fwtwisted.core.people.keys import KeyPair
from fwtwisted.db.people.people import NewActor
from fwtwisted.model.people import Pod


def own_actor(pod: Pod, username: str, type: str, name: str, url: str, keys: KeyPair) -> NewActor:
    """
    An actor that lives here.

    :param type: ``Person`` or ``Service``.  :param name: as people see it.  :param url: of its page.
    """
    return NewActor(
        fid=pod.fid(f"actors/{username}"),
        domain=pod.domain,
        preferred_username=username,
        type=type,
        name=name,
        url=url,
        shared_inbox_url=pod.fid("shared/inbox"),
        public_key=keys.public,
        private_key=keys.private,
    )
