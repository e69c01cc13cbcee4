"""Actors and keys in every spelling that JSON-LD has for them (docs/federation.md §1.4, §2.6)."""

from __future__ import annotations

from typing import Any

from fwtwisted.model.federation import Forged
from tests.core.fediverse.keys.case import ADA, KEY, VerifyingCase, an_actor
from tests.signed import a_key, pem

AS = "https://www.w3.org/ns/activitystreams#"
SECURITY = "https://w3id.org/security#"
PEM = pem(a_key())
INBOX = f"{ADA}/inbox"
EXPANDED = {
    "@id": ADA,
    "@type": [f"{AS}Person"],
    f"{AS}preferredUsername": [{"@value": "ada"}],
    "http://www.w3.org/ns/ldp#inbox": [{"@id": INBOX}],
    f"{SECURITY}publicKey": [
        {"@id": KEY, f"{SECURITY}owner": [{"@id": ADA}], f"{SECURITY}publicKeyPem": [{"@value": PEM}]}
    ],
}


class SpellingsTests(VerifyingCase):
    """Whose key it is does not hang on how that is written."""

    async def _is_believed(self, document: dict[str, Any]) -> None:
        self.world.documents[ADA] = document
        self.assertEqual(ADA, (await self.signer(self.post())).actor.fid)

    async def test_keys_in_lists_and_objects(self) -> None:
        """An owner with an id, lists of one, values."""
        key = {"@id": KEY, "@type": "Key", "owner": {"id": ADA}, "publicKeyPem": [{"@value": PEM}]}
        await self._is_believed(an_actor(publicKey={"@set": [key]}))

    async def test_actors_in_lists_and_objects(self) -> None:
        """The inbox as an object, the id as JSON-LD calls it."""
        actor = an_actor(inbox=[{"id": INBOX}])
        actor["@id"] = actor.pop("id")
        actor["@type"] = actor.pop("type")
        await self._is_believed(actor)

    async def test_expanded(self) -> None:
        """Every name in full."""
        await self._is_believed(EXPANDED)

    async def test_keys_of_several(self) -> None:
        """Who says that a key is of two proves nothing."""
        owners = [ADA, "https://far.example/users/bob"]
        self.world.put(an_actor(publicKey={"id": KEY, "owner": owners, "publicKeyPem": PEM}))
        await self.fails(Forged, self.signer(self.post()))
