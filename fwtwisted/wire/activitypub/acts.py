"""
An activity as somebody told it: what every one of them must say, and what nobody may say of others.

Source: docs/federation.md §1.7, §4, §8.4; FEP-fe34.
"""

from __future__ import annotations

import hashlib
from itertools import islice

from attrs import frozen

from fwtwisted.model.errors import BadRequest, Unauthenticated
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.places import LONGEST_URL, is_web, origin_of
from fwtwisted.wire.targets import authority

MOST_NAMED = 200
"""Things that an activity may be about; Funkwhale names up to 100.  What is named beyond them counts for nothing."""
ANSWERS = frozenset(("Accept", "Reject"))
COLLECTION = "AudioCollection"
"""Several files at once, as Funkwhale 2 tells of them: what is in it counts, it is no thing of its own."""
# What is told again under the same id when it changed.
RETOLD = frozenset(("Flag",))


@frozen
class Act:
    """
    Somebody does something.

    :ivar fid: None: it has no id, or one that counts for nothing (docs/federation.md §4.3).
    :ivar about: the id of what it is about, the first where there are several.
    """

    doc: Doc
    fid: str | None
    type: str
    actor: str
    about: str | None

    @property
    def object(self) -> Doc | None:
        """What it is about, where that is told within."""
        return self.doc.doc("object")

    @property
    def object_types(self) -> tuple[str, ...]:
        """The types of what it is about; none where only its id is told."""
        inner = self.object
        return () if inner is None else inner.types

    def abouts(self, most: int) -> tuple[str, ...]:
        """The ids of all that it is about; a document's id may be a list of them."""
        different = dict.fromkeys(_abouts(self.doc)[:MOST_NAMED])
        return tuple(islice((fid for fid in different if is_web(fid)), most))


def act_of(doc: Doc, own_domain: str) -> Act:
    """
    What a document that reached an inbox says.

    :param own_domain: who answers a wish of ours may give the answer an id that begins like ours.
    :raise BadRequest: it is no activity.
    """
    type, actors, fid = doc.type, doc.ids("actor"), doc.id
    if not type:
        raise BadRequest("The activity has no type.")
    if len(set(actors)) != 1 or not is_web(actors[0]):
        raise BadRequest("The activity has no actor, or several.")
    actor = actors[0]
    if fid is not None and len(fid) > LONGEST_URL:
        raise BadRequest("The id of the activity is too long.")
    about = next((one for one in _abouts(doc)[:MOST_NAMED] if is_web(one)), None)
    return Act(doc, None if fid is None or _answers_ours(doc, own_domain) else fid, type, actor, about)


def check_origins(act: Act) -> None:
    """
    Nobody speaks for others.

    :raise Unauthenticated: the activity's id, or what it creates, is not its actor's.
    """
    home = origin_of(act.actor)
    if home is None or (act.fid is not None and origin_of(act.fid) != home):
        raise Unauthenticated("The id of the activity is not at its actor's server.")
    if act.type != "Create":
        return
    if act.about is not None and origin_of(act.about) != home:
        raise Unauthenticated("What is created is not at its actor's server.")
    inner = act.object
    owners = () if inner is None else inner.ids("attributedTo")
    if owners and act.actor not in owners:
        raise Unauthenticated("What is created is somebody else's.")


def is_farewell(doc: Doc) -> bool:
    """Whether somebody deletes themselves, and does nothing else by the same words."""
    return doc.types == ("Delete",) and doc.link("actor") is not None and doc.ids("object") == doc.ids("actor")


def sameness(act: Act, body: bytes) -> bytes:
    """
    What two posts share that are one, 32 bytes.

    :param body: as it came.
    """
    whole = hashlib.sha256(body).hexdigest()
    if act.fid is not None:
        told = f"{act.fid}\n{whole}" if act.type in RETOLD else act.fid
    else:
        told = f"\n{act.actor}\n{act.type}\n{act.about}\n{whole}"
    return hashlib.sha256(told.encode()).digest()


def _abouts(doc: Doc) -> list[str]:
    found: list[str] = []
    for one in doc.many("object"):
        found += [one] if isinstance(one, str) else [fid for fid in one.values("id") if isinstance(fid, str)]
        if isinstance(one, Doc) and one.is_a(COLLECTION):
            found += one.ids("items")
    return found


def _answers_ours(doc: Doc, own_domain: str) -> bool:
    """Whether it answers a wish of somebody here; whether there was such a wish is seen when it is handled."""
    if not doc.is_a(*ANSWERS):
        return False
    wish = doc.doc("object")
    wisher = None if wish is None else wish.link("actor")
    return wish is not None and wish.is_a("Follow") and wisher is not None and authority(wisher) == own_domain
