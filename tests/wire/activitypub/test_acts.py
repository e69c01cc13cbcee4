"""What every activity must say, and what nobody may say of others: docs/federation.md §8.4."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import BadRequest, Unauthenticated
from fwtwisted.wire.activitypub.acts import act_of, check_origins, is_farewell
from fwtwisted.wire.activitypub.reading.doc import Doc

HOME = "pod.example"
EVE, ADA = "https://far.example/users/eve", "https://other.example/users/ada"
OURS = f"https://{HOME}/federation/actors/alice"


def said(**members: Any) -> Doc:
    """Something that Eve does."""
    return Doc({"type": "Create", "actor": EVE} | members)


class OriginTests(SynchronousTestCase):
    """Whose ids an activity may have in it."""

    def check(self, **members: Any) -> None:
        check_origins(act_of(said(**members), HOME))

    def test_ids_of_others(self) -> None:
        """Another server's id is refused: another port, scheme, user, spelling of a host or one above it as well."""
        for fid in (
            f"{ADA}/1", f"{OURS}#likes/1", "https://far.example:8443/1", "http://far.example/1",
            "https://sub.far.example/1", "https://example/1", "https://far.example@other.example/1",
            "https://eve:x@far.example/1", "https://far.example.evil.example/1", "https://far-example/1",
            "https://far.example%2eevil.example/1", "urn:uuid:1", "far.example/1", "//far.example/1",
            "https://far.example:0/1", "https://far.example\\@other.example/1", "https://fаr.example/1",
        ):  # fmt: skip
            self.assertRaises(Unauthenticated, self.check, id=fid)
            self.assertRaises(Unauthenticated, self.check, **{"@id": fid})

    def test_ids_of_their_own(self) -> None:
        """The same server in another spelling is the same."""
        for fid in (f"{EVE}/1", "https://FAR.example/1", "https://far.example:443/1", "https://far.example./1"):
            self.check(id=fid)

    def test_what_is_created(self) -> None:
        """What is created is of the same server, and its author the one who does it."""
        fine = {"type": "Note", "id": f"{EVE}/n"}
        self.check(object=fine)
        self.check(object={**fine, "attributedTo": [EVE]})
        for other in (
            {**fine, "id": f"{ADA}/n"}, {**fine, "id": OURS}, {**fine, "attributedTo": ADA}, f"{OURS}/1",
            {**fine, "attributedTo": "https://far.example/users/another"}, {**fine, "as:id": f"{EVE}/n", "id": OURS},
        ):  # fmt: skip
            self.assertRaises(Unauthenticated, self.check, object=other)

    def test_answers(self) -> None:
        """An id that begins like ours goes for the answer to a wish, and then counts for nothing; for nothing else."""
        wish = {"type": "Follow", "actor": OURS, "object": EVE}
        act = act_of(said(type="Accept", id=f"{OURS}#follows/1/accept", object=wish), HOME)
        check_origins(act)
        self.assertIsNone(act.fid)
        for inner in ({**wish, "actor": ADA}, {**wish, "type": "Like"}, f"{OURS}#follows/1"):
            self.assertRaises(Unauthenticated, self.check, type="Accept", id=f"{OURS}#follows/1/accept", object=inner)
        self.assertRaises(Unauthenticated, self.check, type="Create", id=f"{OURS}#1", object=wish)

    def test_no_activity(self) -> None:
        """Without a type or somebody who does it, or with an id beyond all measure, it is none."""
        wrongs: tuple[dict[str, Any], ...] = (
            {"type": None}, {"type": []}, {"actor": None}, {"actor": "x"}, {"actor": []}, {"actor": {}}, {"type": ""},
            {"actor": [EVE, ADA]}, {"actor": [{"id": EVE}, ADA]},
            {"actor": "https://eve@far.example/"}, {"id": f"{EVE}/{'x' * 500}"},
        )  # fmt: skip
        for wrong in wrongs:
            self.assertRaises(BadRequest, self.check, **wrong)


class AboutTests(SynchronousTestCase):
    """What an activity is about."""

    def abouts(self, object: Any, most: int = 100) -> tuple[str, ...]:
        return act_of(said(type="Delete", object=object), HOME).abouts(most)

    def test_lists(self) -> None:
        """Ids, documents, lists of ids in one; each once, in order, what is no address left out."""
        several = [EVE, {"id": [f"{EVE}/1", 7, "x", EVE]}, {"type": "Note"}, {"id": f"{EVE}/2"}]
        self.assertEqual((EVE, f"{EVE}/1", f"{EVE}/2"), self.abouts(several))
        self.assertEqual((EVE,), self.abouts(several, 1))

    def test_very_many(self) -> None:
        """Of a list beyond all measure the beginning counts, and nothing of it costs more than that."""
        many = [f"https://ü{number}.example/" for number in range(9_000)]
        self.assertEqual(tuple(many[:100]), self.abouts({"type": "Audio", "id": many}))
        self.assertEqual((), self.abouts(["x"] + [f"x{number}" for number in range(500)] + many))


class FarewellTests(SynchronousTestCase):
    """Who says nothing but that they leave: it is believed without a signature when their server says so, too."""

    def test_themselves(self) -> None:
        """However it is written."""
        for document in (
            said(type="Delete", object=EVE), said(type=["Delete"], object={"id": EVE}),
            said(type="as:Delete", object=[EVE], actor={"id": EVE}),
        ):  # fmt: skip
            self.assertTrue(is_farewell(document), document.raw)

    def test_anything_more(self) -> None:
        """Not of others, of nobody, of several; nor what is something else beside a Delete."""
        for document in (
            said(type="Delete", object=ADA), said(type="Delete"), said(type="Delete", actor=None),
            said(type="Delete", object=[EVE, ADA]), said(type="Update", object=EVE),
            said(type=["Accept", "Delete"], object={"id": EVE, "type": "Follow", "actor": OURS, "object": EVE}),
            said(type=["Delete", "Accept"], object=EVE),
        ):  # fmt: skip
            self.assertFalse(is_farewell(document), document.raw)
