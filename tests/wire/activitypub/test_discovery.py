"""What a WebFinger resource means: docs/federation.md §2.3."""

from __future__ import annotations

import contextlib
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.model.people import Pod
from fwtwisted.wire.activitypub.discovery import Handle, Server, host_meta, host_meta_json, sought

POD = Pod("https://pod.example", "pod.example")
PORTED = Pod("http://127.0.0.1:8001", "127.0.0.1:8001")
pieces = st.lists(
    st.sampled_from(["acct:", "alice", "@", "pod.example", "https://", "/", "@alice", "/federation/actors/", "[", "%"])
)


class SoughtTests(SynchronousTestCase):
    """Handles and addresses."""

    def test_what_is_ours(self) -> None:
        """In any case of letters, with or without the port that belongs to the name."""
        for resource in (
            "acct:Alice@pod.example",
            "acct:@Alice@pod.example",
            "ACCT:Alice@POD.example",
            "https://pod.example/federation/actors/Alice",
            "https://pod.example/@Alice",
            "http://pod.example/channels/Alice/",
        ):
            self.assertEqual(Handle("Alice"), sought(resource, POD), resource)
        self.assertEqual(Handle("a"), sought("acct:a@127.0.0.1:8001", PORTED))
        self.assertEqual(Server("https://pod.example"), sought("https://pod.example", POD))
        self.assertEqual(Server("https://pod.example/"), sought("https://pod.example/", POD))

    def test_what_is_not(self) -> None:
        """Others' and unknown places are not found, all else is malformed."""
        for resource in (
            "acct:a@far.example",
            "https://far.example/@a",
            "https://pod.example/x",
            "acct:a@pod.example:1",
        ):
            self.assertRaises(NotFound, sought, resource, POD)
        for nothing in (None, "", "a", "acct:", "acct:@", "acct:a@b@c", "mailto:a@pod.example", "https:", "https://[x"):
            self.assertRaises(BadRequest, sought, nothing, POD)

    @given(st.one_of(st.text(), pieces.map("".join)))
    def test_anything(self, resource: str) -> None:
        """Is understood, or refused in a word."""
        with contextlib.suppress(BadRequest, NotFound):
            self.assertIsInstance(sought(resource, POD), Handle | Server)

    def test_host_meta(self) -> None:
        """Is XML with one template."""
        root = ElementTree.fromstring(host_meta(PORTED))
        [link] = list(root)
        self.assertEqual("http://127.0.0.1:8001/.well-known/webfinger?resource={uri}", link.get("template"))
        [told] = host_meta_json(PORTED)["links"]
        self.assertEqual({name: link.get(name) for name in ("rel", "type", "template")}, told)
