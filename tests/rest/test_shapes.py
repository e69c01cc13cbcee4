"""Every document has exactly the keys of the contract, with and without a slash at the end of its address."""

from __future__ import annotations

from typing import Any

from tests.rest import shapes
from tests.rest.pod import Client, PodCase
from tests.rest.shapes import differences, page_of
from tests.web.serving import Answer


class ShapeCase(PodCase):
    """Holds answers against shapes."""

    def assertShape(self, shape: Any, said: Answer, status: int = 200) -> None:
        self.assertEqual(status, said.status, said)
        self.assertEqual([], differences(shape, said.json), said.json)

    async def both(self, client: Client, path: str, shape: Any) -> None:
        """Both slash forms answer with the same document, and HEAD with the same head."""
        with_slash, without = await client.get(f"{path}/"), await client.get(path)
        self.assertShape(shape, with_slash)
        self.assertEqual(with_slash.body, without.body, path)
        head = await client.head(f"{path}/")
        self.assertEqual((200, b""), (head.status, head.body), path)
        self.assertEqual(str(len(with_slash.body)), head.header("Content-Length"), path)

    async def rich_music(self, owner: Client) -> tuple[int, int, int]:
        """Ids of an artist, an album and a track of which everything is known."""
        actor = owner.viewer.actor_id
        picture = await self.value(
            "INSERT INTO attachment (file, size, mimetype, used)"
            " VALUES ('attachments/aa/bb/c.png', 12, 'image/png', true) RETURNING id"
        )
        remote = await self.value("INSERT INTO attachment (url) VALUES ('https://far.example/c.png') RETURNING id")
        text = {"description": "**told**", "description_type": "text/markdown", "attributed_to_id": actor}
        uuids = (f"0000000{number}-0000-4000-8000-000000000000" for number in range(1, 4))
        artist = await self.an_artist("Nova", mbid=next(uuids), cover_id=picture, **text)
        album = await self.an_album(
            "Tides", artist, mbid=next(uuids), release_date="2021-03-04", cover_id=remote, **text
        )
        track = await self.a_track(
            "Low", artist, album, mbid=next(uuids), position=1, disc_number=1, copyright="2021 Nova",
            license="cc-by-sa-4.0", cover_id=picture, **text,
        )  # fmt: skip
        for kind, id in (("artist", artist), ("album", album), ("track", track)):
            await self.tag(kind, id, "Ambient", "Drone")
        await self.an_upload(await self.library_of(owner), track)
        await self.changed()
        return artist, album, track


class MusicShapeTests(ShapeCase):
    """§3.5–§3.8, §4.8, §4.10."""

    async def test_music_of_which_everything_is_known(self) -> None:
        """Lists, details and the small search, with covers here and elsewhere, texts, tags, owners and numbers."""
        alice = await self.person()
        artist, album, track = await self.rich_music(alice)
        await self.both(alice, "artists", page_of(shapes.ARTIST))
        await self.both(alice, f"artists/{artist}", shapes.ARTIST_DETAIL)
        await self.both(alice, "albums", page_of(shapes.ALBUM))
        await self.both(alice, f"albums/{album}", shapes.ALBUM_DETAIL)
        await self.both(alice, "tracks", page_of(shapes.TRACK))
        await self.both(alice, f"tracks/{track}", shapes.TRACK_DETAIL)
        await self.both(alice, "tags", page_of(shapes.TAG))
        await self.both(alice, "tags/ambient", shapes.TAG)
        await self.both(alice, "licenses", page_of(shapes.LICENSE))
        await self.both(alice, "licenses/cc-by-sa-4.0", shapes.LICENSE)
        for kind, id in (("artists", artist), ("albums", album), ("tracks", track)):
            await self.both(alice, f"{kind}/{id}/libraries", page_of(shapes.LIBRARY_FOREIGN))
        for place in ("search", "search/"):
            self.assertShape(shapes.SEARCH, await alice.get(place, query="nova"))

    async def test_music_of_which_little_is_known(self) -> None:
        """Null where nothing is known: no album, no file, no cover, no text."""
        alice = await self.person()
        artist = await self.an_artist("Nova")
        track = await self.a_track("Low", artist)
        await self.an_album("Tides", artist)
        await self.changed()
        told = (await alice.get(f"tracks/{track}")).json
        self.assertEqual([], differences(shapes.TRACK_DETAIL, told))
        nothing = ("mbid", "album", "position", "license", "cover", "attributed_to", "description")
        self.assertEqual([None] * 7, [told[name] for name in nothing])
        self.assertEqual((False, []), (told["is_playable"], told["uploads"]))
        self.assertShape(page_of(shapes.ARTIST), await alice.get("artists"))
        self.assertShape(page_of(shapes.ALBUM), await alice.get("albums"))

    async def test_a_channels_artist_tells_who_speaks(self) -> None:
        """The artist of a channel names it; a track's nested artist has something true there."""
        alice = await self.person()
        speaker, artist = await self.an_actor("nightly"), await self.an_artist("Night Talk", content_category="podcast")
        library = await self.library_of(alice)
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", library)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, library, speaker, alice.viewer.actor_id,
        )  # fmt: skip
        track = await self.a_track("Pilot", artist)
        await self.an_upload(library, track)
        await self.changed("catalog", "libraries")
        told = (await alice.get(f"artists/{artist}/")).json
        self.assertEqual([], differences(shapes.ARTIST_DETAIL, told))
        self.assertEqual("nightly@pod.example", told["channel"]["actor"]["full_username"])
        self.assertTrue((await alice.get(f"tracks/{track}")).json["artist"]["channel"])
        self.assertEqual(0, (await alice.get("artists/")).json["count"])
        self.assertShape(page_of(shapes.ARTIST), await alice.get("artists/", include_channels="true"))
        self.assertEqual(1, (await alice.get("tracks/", include_channels="true")).json["count"])
        self.assertEqual(0, (await alice.get(f"tracks/{track}/libraries")).json["count"])


class PeopleShapeTests(ShapeCase):
    """§3.3, §3.4, §4.1–§4.4, §4.6, §4.11."""

    async def test_the_pod_tells_what_it_is(self) -> None:
        """Nodeinfo in both versions, settings, manifest."""
        visitor = self.visitor()
        for path, shape, version in (
            ("/api/v1/instance/nodeinfo/2.0", shapes.NODEINFO, "2.0"),
            ("/api/v2/instance/nodeinfo/2.1", shapes.NODEINFO_21, "2.1"),
        ):
            for slash in ("", "/"):
                said = await visitor.get(path + slash)
                profile = f"profile=http://nodeinfo.diaspora.software/ns/schema/{version}#"
                self.assertEqual(f"application/json; {profile}; charset=utf-8", said.header("Content-Type"))
                said.headers.setRawHeaders(b"Content-Type", [b"application/json"])
                self.assertShape(shape, said)
        self.assertShape([shapes.SETTING], await visitor.get("instance/settings/"))
        manifest = await visitor.get("instance/spa-manifest.json")
        self.assertEqual("application/manifest+json", (manifest.header("Content-Type") or "").partition(";")[0])
        manifest.headers.setRawHeaders(b"Content-Type", [b"application/json"])
        self.assertShape(shapes.MANIFEST, manifest)

    async def test_settings_are_sorted_and_hold_what_the_page_reads(self) -> None:
        """By section, then name."""
        told = (await self.visitor().get("instance/settings/")).json
        names = [(one["section"], one["name"]) for one in told]
        self.assertEqual(sorted(names), names)
        self.assertEqual([f"{section}__{name}" for section, name in names], [one["identifier"] for one in told])
        needed = """instance.name instance.short_description instance.funkwhale_support_message_enabled
            instance.support_message users.registration_enabled users.upload_quota
            moderation.signup_approval_enabled moderation.signup_form_customization subsonic.enabled ui.custom_css
            instance.banner instance.rules instance.terms instance.contact_email instance.long_description"""
        self.assertEqual(set(), set(needed.split()) - {f"{section}.{name}" for section, name in names})

    async def test_administrators_see_all_settings_and_change_them(self) -> None:
        """List, detail, one change, several at once; nobody else may."""
        admin, other = await self.person("alice", is_superuser=True), await self.person("bob")
        self.assertShape([shapes.SETTING], await admin.get("instance/admin/settings/"))
        place = "instance/admin/settings/instance__name/"
        self.assertShape(shapes.SETTING, await admin.get(place))
        for method in ("PUT", "PATCH"):
            self.assertShape(shapes.SETTING, await admin.send(method, place, {"value": method}))
        changed = await admin.post("instance/admin/settings/bulk/", {"instance__name": "A", "users__upload_quota": 5})
        self.assertShape([shapes.SETTING], changed)
        self.assertEqual(["A", 5], [one["value"] for one in changed.json])
        wrong = await admin.post("instance/admin/settings/bulk", {"users__upload_quota": "much"})
        self.assertEqual((400, ["value"]), (wrong.status, list(wrong.json["users__upload_quota"])))
        self.assertEqual(404, (await admin.get("instance/admin/settings/no__such/")).status)
        self.assertEqual(400, (await admin.post("instance/admin/settings/bulk/", {"no__such": 1})).status)
        self.assertEqual(403, (await other.get("instance/admin/settings/")).status)
        self.assertEqual(401, (await self.visitor().get("instance/admin/settings/")).status)

    async def test_oneself_is_told_under_both_prefixes(self) -> None:
        """``users/me`` and ``users/users/me``, with and without a slash."""
        alice = await self.person()
        for prefix in ("users", "users/users"):
            await self.both(alice, f"{prefix}/me", shapes.ME)
        await self.both(alice, "auth/user", shapes.AUTH_USER)

    async def test_profiles_libraries_and_follows(self) -> None:
        """The answers to changes have shapes, too."""
        alice = await self.person()
        bob = await self.an_actor("bob", "far.example")
        change = {"summary": {"text": "**me**"}, "name": "Alice", "privacy_level": "everyone", "avatar": None}
        self.assertShape(shapes.PROFILE, await alice.send("PATCH", "users/alice/", change))
        made = await alice.post("libraries/", {"name": "Home", "description": "", "privacy_level": "me"})
        self.assertShape(shapes.LIBRARY, made, 201)
        self.assertEqual((0, None), (made.json["uploads_count"], made.json["size"]))
        uuid = made.json["uuid"]
        library = await self.value("SELECT id FROM library WHERE uuid = %s", uuid)
        await self.a_follow(bob, library=library, approved=None)
        await self.both(alice, "libraries", page_of(shapes.LIBRARY))
        await self.both(alice, f"libraries/{uuid}", shapes.LIBRARY)
        await self.both(alice, f"libraries/{uuid}/follows", page_of(shapes.FOLLOW))

    async def test_applications(self) -> None:
        """Made, listed, read by everybody and by the owner, changed, renewed."""
        alice = await self.person()
        wish = {"name": "Player", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "website": "https://x.example"}
        made = await alice.post("oauth/apps/", wish)
        self.assertShape({**shapes.APPLICATION_NEW, "token": shapes.a_text}, made, 201)
        self.assertEqual("read", made.json["scopes"])
        self.assertShape(shapes.APPLICATION_NEW, await self.visitor().post("oauth/apps/", wish), 201)
        place = f"oauth/apps/{made.json['client_id']}"
        await self.both(alice, "oauth/apps", page_of(shapes.APPLICATION_LISTED))
        await self.both(alice, place, shapes.APPLICATION_OWN)
        await self.both(self.visitor(), place, shapes.APPLICATION)
        self.assertNotEqual(made.json["client_secret"], (await alice.get(place)).json["client_secret"])
        self.assertShape(shapes.APPLICATION_OWN, await alice.send("PATCH", f"{place}/", {"name": "Two"}))
        renewed = await alice.post(f"{place}/refresh-token")
        self.assertShape(shapes.APPLICATION_OWN, renewed)
        self.assertNotEqual(made.json["token"], renewed.json["token"])
        bob = await self.person("bob")
        for method, path in (("PATCH", f"{place}/"), ("DELETE", f"{place}/"), ("POST", f"{place}/refresh-token")):
            self.assertEqual(404, (await bob.send(method, path, {"name": "x"})).status, (method, path))
        self.assertEqual(204, (await alice.delete(f"{place}/")).status)
        self.assertEqual(404, (await alice.get(place)).status)

    async def test_favourites_listenings_and_activity(self) -> None:
        """Written, listed, read one by one."""
        alice = await self.person()
        track, *_ = await self.an_album_of(await self.library_of(alice))
        self.assertShape(shapes.FAVORITE_WRITTEN, await alice.post("favorites/tracks/", {"track": track}), 201)
        listening = await alice.post("history/listenings/", {"track": track})
        self.assertShape(shapes.LISTENING_WRITTEN, listening, 201)
        await self.both(alice, "favorites/tracks", page_of(shapes.DEED))
        await self.both(alice, "history/listenings", page_of(shapes.DEED))
        await self.both(alice, f"history/listenings/{listening.json['id']}", shapes.DEED)
        every = {"results": [{"id": shapes.a_whole, "track": shapes.a_whole}], "count": shapes.a_whole}
        await self.both(alice, "favorites/tracks/all", every)
        await self.both(alice, "activity", {"results": [shapes.ACTIVITY]})
        self.assertEqual({"Like", "Listen"}, {one["type"] for one in (await alice.get("activity/")).json["results"]})
