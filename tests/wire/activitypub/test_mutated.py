"""Real documents with something changed in them: every parser gives a value, or says ``Invalid``, and nothing else."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.fediverse.remote.outboxes import published
from fwtwisted.model.errors import Invalid
from fwtwisted.wire.activitypub.reading import Doc, actors, audio, collections, finding, music
from tests.foreign import (
    CHANNEL,
    LIBRARY,
    POD,
    Document,
    album,
    artist,
    create,
    episode,
    funkwhale_actor,
    funkwhale_channel,
    library,
    library2,
    mastodon_actor,
    named_by_webfinger,
    page,
    pleroma_actor,
    reel2bits_channel,
    track,
    upload,
    upload2,
)

DOCUMENTS: tuple[Document, ...] = (
    funkwhale_actor(), funkwhale_channel(), mastodon_actor(), pleroma_actor(), reel2bits_channel(),
    named_by_webfinger(), artist(), album(), album(artists=[{"type": "Person", "id": CHANNEL}]), track(), upload(),
    upload2(), episode(), create(episode()), library(), library2(), page(upload(), upload2(2), f"{POD}/x"),
    {"subject": "acct:a@far.example", "links": [{"rel": "self", "type": "application/activity+json", "href": POD}]},
)  # fmt: skip
READERS: tuple[Callable[[Doc], object], ...] = (
    actors.actor, actors.is_actor, actors.tombstone, music.artist, music.album, music.track, audio.upload,
    audio.episode, audio.is_in_library, collections.library, collections.first_page,
    lambda doc: collections.page(doc, LIBRARY), lambda doc: published(doc.raw, CHANNEL),
    lambda doc: finding.self_in(doc.raw),
)  # fmt: skip
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**70, 1.5, float("inf"), float("nan"), "", " ", "x", "Public", "x" * 6_000, [], {},
    [[]], [None], [{}], {"id": None}, {"id": []}, {"@value": {}}, {"@list": 7}, {"@set": [{"@list": []}]},
    {"type": "Link"}, {"href": {"href": {}}}, {"url": {"url": {}}}, "https://[", "https://a:99999/", "http://[::1]/",
    "https://user:pw@a.example/", f"{POD}/ü", "\ufeff", "PT", "P" * 90, "٣", "²", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2024-13-01", "urn:uuid:x", "{}" * 25, "acct:@", {"a": {"b": {"c": {}}}},
)  # fmt: skip
ANYTHING = st.recursive(
    st.sampled_from(STRANGE) | st.text(max_size=8) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("id", "type", "href", "@id")), inner),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each part of a document."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(inner, (*path, key))
    return found


def replaced(document: Document, path: tuple[Any, ...], value: Any) -> Document:
    """The document with another value in one place."""
    whole: Any = copy.deepcopy(document)
    part = whole
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return dict(whole)


class MutatedTests(SynchronousTestCase):
    """Whatever stands where."""

    def try_all(self, document: Document) -> None:
        """Read a document as everything that it may be."""
        for read in READERS:
            try:
                read(Doc(document))
            except Invalid as why:
                str(why)

    def test_every_place(self) -> None:
        """Every strange value in every place of every document."""
        for document in DOCUMENTS:
            for path in places(document):
                for value in STRANGE[:24]:
                    self.try_all(replaced(document, path, value))

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_several(self, data: st.DataObject) -> None:
        """Several parts at once are anything at all."""
        document = data.draw(st.sampled_from(DOCUMENTS))
        for _ in range(data.draw(st.integers(1, 4))):
            path = data.draw(st.sampled_from(places(document)))
            document = replaced(document, path, data.draw(ANYTHING))
        self.try_all(document)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=300), st.text(max_size=60))
    def test_pages(self, html: bytes, url: str) -> None:
        """Links are looked for in any bytes."""
        finding.alternate_in(b"<link " + html + b"> <link rel=alternate href=" + html, url)

    def test_never_slow(self) -> None:
        """Long texts, many tags, and pages made to be slow, are not."""
        begun = time.process_time()
        self.try_all(upload(track=track(tag=[{"type": "Hashtag", "name": "#" + "a" * 9_000}] * 5_000)))
        self.try_all(upload(duration="PT" + "1H" * 50_000, license="https://creativecommons.org/" * 5_000))
        self.try_all(funkwhale_actor(summary=" " * 500_000, url=["https://x.example/"] * 9_000, tag=[[]] * 9_000))
        for html in (b"<link " * 40_000, b"<link " + b"a=" * 100_000 + b">", b"<link rel='" + b"x " * 100_000):
            finding.alternate_in(html, POD)
        self.assertLess(time.process_time() - begun, 3.0)
