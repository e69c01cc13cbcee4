"""
Requests that mean no good, at every place that is mounted.

Hypothesis draws them first (always the same ones), then they are sent: whatever they are, the answer is one of the
contract's, never a 500, and JSON or nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson
from attrs import frozen
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fwtwisted.web.app import FastResource
from fwtwisted.web.site import Mount
from tests.audio import encoded
from tests.rest.access_table import OTHER_WAYS
from tests.rest.pod import FORM, Client, PodCase
from tests.web.serving import Answer

T = TypeVar("T")
HUGE = "1" + "0" * 30
NO_UUID = "00000000-0000-0000-0000-000000000000"
ATTACKS = int(os.environ.get("FWTWISTED_ATTACKS", "1500"))  # requests that are drawn; whoever has time takes more
VARIABLE = re.compile(r"<(?:(\w+):)?\w+>")

TEXTS = (
    "", " ", "\0", "a\0b", "0", "1", "-1", HUGE, "0" * 5000, "9" * 5000, "٣", "²", "1.5", "1e400", "NaN", "null",
    "true",
    "'", "’", "d’Arc", "´`", "\\", "\\'", "%", "_", "(", ")", "!", "&", ":*", "a:b", "a&|b", '"', '""', '"(("',
    '"a & "', '"a:*"', '"\\"', '"\'"', "<->", "x" * 3000, "é" * 2000, "a " * 600, "ß İ ﬁ ½ №", "\U0001f3b5", "\u202e",
    "\ufffd", "../../etc/passwd", "-creation_date", "random", "related", "title," * 2000, "nonsense", "me", "all",
    "me," * 2000, "subscribed", "actor:@", "actor:a@b@c", "actor:alice@pod.example " * 200, "domain:", "domain:x",
    NO_UUID, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30",
    "{}", "[]", "mp3", "original", "everyone", "finished", "status:errored", "alice",
)  # fmt: skip
NAMES = (
    "page", "page_size", "q", "query", "scope", "ordering", "hidden", "playable", "tag", "id", "artist", "album",
    "mbid", "library", "related", "channel", "license", "content_category", "include_channels", "title",
    "title__iexact",
    "title__startswith", "title__icontains", "name", "name__icontains", "name__startswith", "has_albums", "favorites",
    "username", "domain", "privacy_level", "upload", "to", "max_bitrate", "download", "next", "token", "access_token",
    "import_status", "import_reference", "mimetype", "track_artist", "album_artist", "track", "path", "\0", "",
    "output", "subscribed", "external", "is_approved", "is_applied", "type", "is_read", "before", "activity__type",
    "activity__actor", "approved", "is_handled", "status", "is_open", "is_active", "permission_library", "url",
    "format", "maxwidth", "maxheight", "refresh", "count", "client_id", "redirect_uri", "response_type", "state",
)  # fmt: skip
FIELDS = (
    "track", "creation_date", "name", "description", "privacy_level", "username", "password", "email", "confirm",
    "scopes", "redirect_uris", "summary", "avatar", "old_password", "new_password1", "new_password2", "token", "value",
    "action", "objects", "filters", "instance_support_message_display_date", "users__upload_quota", "instance__name",
    "library", "import_metadata", "import_status", "audio_file", "file", "\ud7ff", "",
    "tracks", "allow_duplicates", "index", "from", "to", "config", "is_public", "radio_type", "related_object_id",
    "custom_radio", "session", "type", "payload", "is_approved", "target", "forward", "submitter_email", "tags",
    "content_category", "cover", "metadata", "title", "artist", "release_date", "url", "object", "force", "fid",
    "is_read", "text", "permissive", "path", "import_reference", "code", "is_handled", "status", "permissions",
    "is_superuser", "upload_quota", "key", "uid", "password1", "password2", "invitation", "request_fields",
    "grant_type", "client_id", "client_secret", "refresh_token", "code_verifier", "scope", "allow", "response_type",
    "redirect_uri",
)  # fmt: skip


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made


VALUES: tuple[Any, ...] = (
    *TEXTS, None, True, 0, -1, 1, 2**63 - 1, 2**63, -(2**63), 1e308, -0.0, [], {}, [1, "a", None], {"text": 5},
    1, 2, [1, 2, 3], [1] * 5000, ["a"] * 5000, [{}] * 5000, "update", "random", "custom_multiple", "artist", "similar",
    {"type": "artist", "id": 1}, {"type": "track", "id": 2**70}, {"type": "playlist", "id": "x"},
    {"type": "library", "uuid": "x"}, {"type": "account", "full_username": "@" * 500}, {"title": "x" * 100_000},
    {"tags": ["a b", "", 5]}, {"tags": ["x"] * 500}, {"cover": NO_UUID}, {"description": {"text": "[" * 5000}},
    {"release_date": "0000-00-00"}, {"position": 2**40}, [{"type": "artist", "ids": [2**70]}],
    [{"type": "group", "filters": []}], [{"type": "tag", "names": ["\0"]}], {"type": "playlist", "ids": [True]},
    {"language": "en", "itunes_category": "Arts", "owner_email": "a@b\r\nBcc: c@d"}, "http://127.0.0.1/feed",
    "https://user:pass@[::1]:99999/", "webfinger://x", "@alice@pod.example", "alice@pod.example", "podcast", "music",
    "me,instance", "<script>alert(1)</script>", "a\r\nSet-Cookie: x=1", "authorization_code", "code", "finished",
    {"text": "\ud7ff", "content_type": "x"}, nested(200), nested(900), [[]], "a" * 100_000,
)  # fmt: skip
KINDS = (
    "application/json", "application/json; charset=latin-1", FORM, "text/plain", "multipart/form-data", "",
    "multipart/form-data; boundary=x", "application/activity+json", "a" * 300,
    "multipart/form-data; boundary=" + "y" * 300,
)  # fmt: skip
BODIES = (
    b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"a":1}', b"\xff\xfe", b"\0", b"a=1&b", b"track=%00", b"{" * 10_000,
    b"[" * 100_000, b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=\"track\"\r\n\r\n1\r\n--x--\r\n",
    b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"..\\..\"\r\n\r\n\0\r\n--x--\r\n",
    b'{"track": 1e400}', b'{"track": ' + HUGE.encode() + b"}", b'{"track":"\\u0000"}', b'{"name":"\\ud800"}',
)  # fmt: skip


@frozen
class Route:
    """A place and a method that it knows.  :ivar rule: with its variables in angle brackets."""

    method: str
    rule: str


@frozen
class Attack:
    """One request."""

    method: str
    path: str
    body: bytes
    kind: str


def routes(mounts: Sequence[Mount]) -> Iterator[Route]:
    """Everything that our own apps answer."""
    for mount in mounts:
        if isinstance(mount.resource, FastResource):
            for app in mount.resource.apps:
                for rule in app.url_map.iter_rules():
                    for method in sorted((rule.methods or {"GET"}) - {"HEAD"}):
                        yield Route(method, mount.prefix + rule.rule)


def attacks(known: Sequence[Route], real: Mapping[str, Sequence[str]]) -> st.SearchStrategy[Attack]:
    """:param real: what may stand in paths, by the kind of the variable."""
    strange = st.sampled_from([text[:500] for text in TEXTS if text])
    query = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS) | st.text(max_size=20)), max_size=4)
    document = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES), max_size=6).map(orjson_or_more)
    body = st.sampled_from(BODIES) | document | document | document

    @st.composite
    def attack(draw: st.DrawFn) -> Attack:
        route = draw(st.sampled_from(known))
        fitting = VARIABLE.sub(lambda found: draw(st.sampled_from(real[found[1] or "string"])), route.rule)
        path = draw(st.just(fitting) | st.just(VARIABLE.sub(lambda _: quote(draw(strange), safe=""), route.rule)))
        told = urlencode(draw(query), errors="surrogatepass")
        if draw(st.booleans()):
            path = path.rstrip("/")
        sent = draw(body) if route.method != "GET" else b""
        kind = draw(st.just("application/json") | st.sampled_from(KINDS)) if sent else ""
        method = "HEAD" if route.method == "GET" and draw(st.integers(0, 9)) == 0 else route.method
        return Attack(method, f"{path}?{told}" if told else path, sent, kind)

    return attack()


def orjson_or_more(document: dict[str, Any]) -> bytes:
    """JSON also of what orjson does not nest as deeply."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:
        return b'{"value":' + b"[" * 900 + b"]" * 900 + b"}"


def drawn(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """As many as asked, the same in every run."""
    found: list[T] = []

    @hypothesis_settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def note(one: T) -> None:
        found.append(one)

    note()
    return found


class HostileTests(PodCase):
    """Nothing that can be asked breaks the server."""

    environment = {"THROTTLING_ENABLED": "false"}
    timeout = 240

    async def test_nothing_that_is_asked_is_answered_with_a_500(self) -> None:
        """Hostile queries, ids and bodies at every route, by a visitor, a person and a program."""
        await self.open_up()
        person = await self.person("alice", permissions=["library", "moderation", "settings"])
        library = await self.library_of(person)
        await self.an_album_of(library)
        heard = await self.a_track("Heard", 1)
        await self.a_file(library, heard)
        uuids = [str(await self.track_uuid(heard)), str(await self.value("SELECT uuid FROM library")), NO_UUID]
        real = {"int": ["1", "2", "3", "9" * 18], "uuid": uuids, "string": ["alice", "x"], "path": ["cc0-1.0", "a/b"]}
        known = [
            route
            for route in routes(self.mounts)
            if route.rule.startswith("/api/") and not route.rule.startswith(OTHER_WAYS) and "logout" not in route.rule
        ]
        callers = [person, self.visitor(), await self.program(person, "read write")]
        bad = []
        for number, attack in enumerate(drawn(attacks(known, real), ATTACKS)):
            said = await self._sent(callers[number % 3], attack)
            if not is_lawful(said):
                bad.append((attack.method, attack.path[:200], attack.kind[:50], attack.body[:200], said.status))
        self.assertEqual([], bad)

    async def test_every_parameter_takes_every_text(self) -> None:
        """Each list with each of its parameters set to each text."""
        person = await self.person()
        await self.an_album_of(await self.library_of(person))
        usual = "tracks libraries favorites/tracks"
        places = {
            "q": "artists albums tracks tags libraries favorites/tracks uploads search",
            **dict.fromkeys(("page", "page_size", "scope", "ordering"), usual),
            **dict.fromkeys(("id", "tag", "related", "artist", "mbid", "library", "title__icontains"), "tracks"),
        }
        bad = []
        for name, lists in places.items():
            for place in lists.split():
                for text in TEXTS:
                    said = await person.get(f"{place}/?{urlencode({name: text})}")
                    if not is_lawful(said):
                        bad.append((place, name, text[:60], said.status))
        self.assertEqual([], bad)

    async def test_documents_are_only_so_deep(self) -> None:
        """What nests deeper than anybody means is refused, before it is kept where it could not be read again."""
        person = await self.person()
        for depth, status in ((90, 200), (120, 400), (900, 400), (5_000, 400)):
            body = b'{"value":' + b"[" * depth + b"]" * depth + b"}"
            said = await person.ask("POST", "users/settings/", body, "application/json")
            self.assertEqual(status, said.status, depth)
        self.assertEqual(200, (await person.get("users/me/")).status)

    async def test_words_about_a_file_may_be_anything(self) -> None:
        """``import_metadata`` of an upload: 400 by its field, or taken; never a 500, and nothing is left behind."""
        person = await self.person()
        library = (await person.post("libraries/", {"name": "x"})).json["uuid"].encode()
        audio = ("audio_file", '../\0\r\n"x.flac', encoded("flac"))
        texts = [b"[" * 500 + b"]" * 500, b'{"title":' + b"[" * 500 + b"]" * 500 + b"}", *BODIES]
        for field in ("title", "description", "mbid", "position", "tags", "license", "cover", "album", "copyright"):
            texts += [
                b'{"title": "x", "%s": %s}' % (field.encode(), value) for value in (b"[[]]", b"{}", b"1e99", b'"x"')
            ]
        for text in texts:
            said = await person.parts(
                "uploads/", ("library", None, library), ("import_metadata", None, text),
                ("import_status", None, b"draft"), audio,
            )  # fmt: skip
            self.assertIn(said.status, (201, 400), (text[:80], said.body[:200]))
            if said.status == 400:
                self.assertIsInstance(said.json, dict)

    async def _sent(self, caller: Client, attack: Attack) -> Answer:
        return await caller.ask(attack.method, attack.path, attack.body, attack.kind)


def is_lawful(said: Answer) -> bool:
    """Not our fault, and JSON, music, a feed, a page, or nothing."""
    kind = said.header("Content-Type") or ""
    if said.status >= 500 or not said.body:
        return said.status < 500
    if kind.partition(";")[0].endswith("json"):
        orjson.loads(said.body)
        return True
    return kind.startswith(("audio/", "application/xml", "application/rss+xml", "text/html"))
