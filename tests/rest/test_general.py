"""What holds everywhere: pages, orders, filters, errors, other sites, cookies (docs/api.md §1)."""

from __future__ import annotations

from tests.database import HOME
from tests.rest.pod import API, FORM, PodCase, query_of, with_query
from tests.rest.test_hostile import HUGE


class PageTests(PodCase):
    """§1.4 and repeated parameters of §1.1."""

    async def test_pages_name_their_neighbours(self) -> None:
        """Absolute, under the public name, all parameters sorted, the first page without a number."""
        alice = await self.person()
        await self.an_album_of(await self.library_of(alice), tracks=7)
        said = await alice.get("tracks?playable=true&page_size=3&page=2&ordering=title&artist=1")
        told = said.json
        rest = "artist=1&ordering=title"
        self.assertEqual((7, 3), (told["count"], len(told["results"])))
        self.assertEqual(f"{API}tracks/?{rest}&page=3&page_size=3&playable=true", told["next"])
        self.assertEqual(f"{API}tracks/?{rest}&page_size=3&playable=true", told["previous"])
        end = (await alice.get(told["next"])).json
        self.assertEqual((None, 1), (end["next"], len(end["results"])))
        first = (await alice.get(told["previous"])).json
        self.assertIsNone(first["previous"])
        titles = [one["title"] for page in (first, told, end) for one in page["results"]]
        self.assertEqual([f"Tides {number}" for number in range(1, 8)], titles)

    async def test_next_works_with_its_own_parameters_added_again(self) -> None:
        """The last of a repeated single value counts; values that repeat by nature stay."""
        alice = await self.person()
        tracks = await self.an_album_of(await self.library_of(alice), tracks=5)
        for track in tracks:
            await self.tag("track", track, "a", "b")
        await self.changed()
        own = "ordering=-title&page_size=2&playable=true&tag=a&tag=b"
        one = (await alice.get(f"tracks/?{own}")).json
        two = (await alice.get(f"{one['next']}&{own}")).json
        self.assertEqual(["Tides 3", "Tides 2"], [track["title"] for track in two["results"]])
        three = (await alice.get(f"{two['next']}&{own}")).json
        self.assertEqual(["Tides 1"], [track["title"] for track in three["results"]])
        self.assertEqual([("tag", "a"), ("tag", "b")], [pair for pair in query_of(one["next"]) if pair[0] == "tag"])
        self.assertEqual(5, (await alice.get("tracks?scope=me&scope=all")).json["count"])
        self.assertEqual(0, (await alice.get("tracks?scope=all&scope=nonsense")).json["count"])

    async def test_sizes_are_clamped_and_strange_ones_ignored(self) -> None:
        """At most 50, licences 1000."""
        alice = await self.person()
        await self.an_album_of(await self.library_of(alice), tracks=52)
        for size, count in (("51", 50), (HUGE, 50), ("0", 50), ("-3", 50), ("x", 50), ("", 50), ("2", 2), ("50", 50)):
            self.assertEqual(count, len((await alice.get("tracks", page_size=size)).json["results"]), size)
        licenses = (await alice.get("licenses", page_size="1000")).json
        self.assertEqual(licenses["count"], len(licenses["results"]))
        self.assertGreater(licenses["count"], 300)
        self.assertEqual(licenses["count"], len((await alice.get("licenses", page_size=HUGE)).json["results"]))
        self.assertEqual(50, len((await alice.get("licenses")).json["results"]))

    async def test_pages_that_are_not_there(self) -> None:
        """404 with the words that clients know; an empty list has a first page."""
        alice = await self.person()
        for place in ("tracks", "artists", "albums", "libraries", "favorites/tracks", "history/listenings", "tags"):
            self.assertEqual([], (await alice.get(place)).json["results"], place)
            self.assertEqual([], (await alice.get(place, page="1")).json["results"], place)
            for number in ("2", "0", "-1", "x", HUGE):
                said = await alice.get(place, page=number)
                self.assertEqual((404, {"detail": "Invalid page."}), (said.status, said.json), (place, number))


class FilterTests(PodCase):
    """§1.5."""

    async def test_strict_orders_refuse_unknown_words_and_lenient_ones_ignore_them(self) -> None:
        """400 with the field; or as if it had not been said."""
        alice = await self.person()
        for place in ("artists", "albums", "tracks", "tags"):
            said = await alice.get(place, ordering="nonsense")
            self.assertEqual((400, ["ordering"]), (said.status, list(said.json)), place)
            self.assertIsInstance(said.json["ordering"][0], str)
            self.assertEqual(200, (await alice.get(place, ordering="")).status)
        for place in ("libraries", "favorites/tracks", "history/listenings", "uploads"):
            self.assertEqual(200, (await alice.get(place, ordering="nonsense,-creation_date")).status, place)

    async def test_every_order_of_the_contract_is_known(self) -> None:
        """Both directions, several at once."""
        alice = await self.person()
        await self.an_album_of(await self.library_of(alice))
        orders = {
            "artists": "id name creation_date modification_date random related",
            "albums": "creation_date release_date title artist__modification_date random related",
            "tracks": """creation_date title album__title album__release_date size position disc_number artist__name
                         artist__modification_date random related""",
            "tags": "name creation_date length",
            "libraries": "name creation_date",
            "uploads": """creation_date import_date bitrate size artist__name track_title album_title artist_name
                          duration""",
        }
        for place, names in orders.items():
            for name in names.split():
                for word in (name, f"-{name}", f"{name},-{name}"):
                    self.assertEqual(200, (await alice.get(place, ordering=word)).status, (place, word))

    async def test_references_by_number_must_exist(self) -> None:
        """Else 400 on the field; references by uuid and ``related`` give an empty list."""
        alice = await self.person()
        await self.an_album_of(await self.library_of(alice))
        for place, field in (("tracks", "license"), ("libraries", "privacy_level")):
            said = await alice.get(with_query(place, **{field: "x"}))
            self.assertEqual((400, [field]), (said.status, list(said.json)), (place, field))
        for place, field in (("tracks", "album"), ("tracks", "artist"), ("albums", "artist")):
            for value in ("999", "x", "-1", HUGE, "1.5"):
                said = await alice.get(with_query(place, **{field: value}))
                self.assertEqual((400, [field]), (said.status, list(said.json)), (place, field, value))
            self.assertLess(0, (await alice.get(with_query(place, **{field: "1"}))).json["count"])
            self.assertLess(0, (await alice.get(with_query(place, **{field: ""}))).json["count"])
        nobody = "00000000-0000-4000-8000-000000000000"
        for place in ("artists", "albums", "tracks"):
            for field, values in (("library", (nobody, "x")), ("channel", (nobody, "x")), ("related", ("999", "x"))):
                if (place, field) == ("artists", "channel"):
                    continue
                for value in values:
                    self.assertEqual(
                        0, (await alice.get(with_query(place, **{field: value}))).json["count"], (place, field)
                    )

    async def test_booleans_are_read_as_the_contract_says(self) -> None:
        """Six words; all else counts as not given."""
        alice = await self.person()
        artist = await self.an_artist("Silent")
        await self.a_track("Unheard", artist)
        await self.an_album_of(await self.library_of(alice), tracks=2)
        for value, count in (
            ("true", 2), ("True", 2), ("1", 2), ("false", 1), ("False", 1), ("0", 1),
            ("", 3), ("yes", 3), ("TRUE", 3), ("2", 3),
        ):  # fmt: skip
            self.assertEqual(count, (await alice.get("tracks", playable=value)).json["count"], value)

    async def test_what_somebody_hid_is_hidden(self) -> None:
        """``hidden`` absent, true, empty, nonsense; visitors hide nothing."""
        alice = await self.person()
        library = await self.library_of(alice)
        await self.an_album_of(library, "Liked", "Good", 1)
        hidden, *_ = await self.an_album_of(library, "Disliked", "Bad", 2)
        artist = await self.value("SELECT artist_id FROM track WHERE id = %s", hidden)
        await self.do(
            "INSERT INTO content_filter (account_id, artist_id) VALUES (%s, %s)", alice.viewer.account_id, artist
        )
        await alice.post("favorites/tracks/", {"track": hidden})
        await alice.post("history/listenings/", {"track": hidden})
        await self.open_up()
        visitor = self.visitor()
        for place, shown, unshown in (("artists", 1, 1), ("albums", 1, 1), ("tracks", 1, 2)):
            counts = {"": shown, "hidden=false": shown, "hidden=true": unshown}
            counts |= {"hidden=": shown + unshown, "hidden=x": shown + unshown}
            for query, count in counts.items():
                self.assertEqual(count, (await alice.get(f"{place}?{query}")).json["count"], (place, query))
                if query != "hidden=true":
                    said = await visitor.get(f"{place}?{query}")
                    self.assertEqual(shown + unshown, said.json["count"], (place, query))
        for place in ("favorites/tracks", "history/listenings"):
            for query, count in (("", 0), ("hidden=true", 1), ("hidden=", 1)):
                self.assertEqual(count, (await alice.get(f"{place}?{query}")).json["count"], (place, query))
        self.assertEqual(200, (await alice.get(f"tracks/{hidden}/")).status)

    async def test_scopes(self) -> None:
        """Whose libraries: mine, those I follow, an actor's, a domain's, several, none."""
        alice, bob = await self.person("alice"), await self.person("bob")
        await self.an_album_of(await self.library_of(alice), "A", "One", 1)
        shared = await self.library_of(bob, "me")
        await self.an_album_of(shared, "B", "Two", 2)
        assert alice.viewer.actor_id is not None
        await self.a_follow(alice.viewer.actor_id, library=shared)
        await self.changed("libraries")
        await self.open_up()
        for words, count in (
            ("me", 1), ("all", 3), ("subscribed", 2), ("me,subscribed", 3), ("me subscribed", 3),
            ("actor:bob@pod.example", 2), ("actor:@bob@pod.example", 2), ("actor:nobody@pod.example", 0),
            (f"domain:{HOME}", 3), ("domain:far.example", 0), ("nonsense", 0), ("nonsense,me", 1), ("", 3),
        ):  # fmt: skip
            self.assertEqual(count, (await alice.get("tracks", scope=words)).json["count"], words)
        for words in ("me", "subscribed", "nonsense"):
            for place in ("artists", "albums", "tracks", "libraries", "favorites/tracks", "history/listenings"):
                self.assertEqual(0, (await self.visitor().get(place, scope=words)).json["count"], (place, words))

    async def test_three_flavours_of_search(self) -> None:
        """Full text: prefixes of all words in any name; contains: parts; raw: PostgreSQL's own, or 400."""
        alice = await self.person()
        library = await self.library_of(alice)
        artist = await self.an_artist("Sigur Rós")
        album = await self.an_album("Ágætis byrjun", artist)
        track = await self.a_track("Don’t Stop (Live)", artist, album)
        await self.an_upload(library, track)
        await self.changed()
        for q, count in (
            ("sig", 1), ("ros don", 1), ("SIGUR agaetis stop", 1), ("igur", 0), ("ros nonsense", 0), ("don't", 1),
            ("don’t", 1), ("stop & (live)", 1), ("!sigur:*", 1), ("&", 0), ('"sigur & ros"', 1), ('"sigur & !ros"', 0),
            ("", 1),
        ):  # fmt: skip
            self.assertEqual(count, (await alice.get("tracks", q=q)).json["count"], q)
        said = await alice.get("tracks", q='"sigur & ("')
        self.assertEqual((400, ["detail"]), (said.status, list(said.json)))
        await alice.post("favorites/tracks/", {"track": track})
        for q, count in (("IGUR", 1), ('"sigur ros"', 1), ("top byr", 1), ('"ros sigur"', 0), ("nonsense", 0)):
            self.assertEqual(count, (await alice.get("favorites/tracks", q=q)).json["count"], q)
        await self.tag("track", track, "PostRock")
        for q, count in (("ock", 1), ("post rock", 1), ("rock jazz", 0)):
            self.assertEqual(count, (await alice.get("tags", q=q)).json["count"], q)
        self.assertEqual(1, (await alice.get("libraries", q="USI")).json["count"])


class ErrorTests(PodCase):
    """§1.2, §1.6."""

    async def test_statuses_and_bodies(self) -> None:
        """The table of the contract."""
        alice, visitor = await self.person(), self.visitor()
        said = await visitor.get("tracks/")
        self.assertEqual(401, said.status)
        self.assertEqual({"detail": "Authentication credentials were not provided."}, said.json)
        self.assertEqual('Bearer realm="api"', said.header("WWW-Authenticate"))
        bad = await self.bearing("nonsense").get("users/me/")
        self.assertEqual(401, bad.status)
        self.assertIn('error="invalid_token"', bad.header("WWW-Authenticate") or "")
        for path in (
            "tracks/999",
            "artists/999/",
            "albums/x",
            f"tracks/{HUGE}",
            "licenses/no/such",
            "tags/no",
            "no/such",
        ):
            said = await alice.get(path)
            self.assertEqual((404, {"detail": "Not found."}), (said.status, said.json), path)
        said = await alice.ask("PUT", "tracks/", b"{}", "application/json")
        self.assertEqual((405, {"detail": 'Method "PUT" not allowed.'}), (said.status, said.json))
        self.assertEqual({"GET", "HEAD", "OPTIONS"}, set((said.header("Allow") or "").split(", ")) - {"POST"})
        self.assertEqual(405, (await alice.get("users/login")).status)
        self.assertEqual(405, (await alice.get("users/alice/")).status)
        self.assertEqual(405, (await alice.send("PATCH", "users/me/", {"name": "x"})).status)
        said = await alice.ask("OPTIONS", "favorites/tracks/7/")
        self.assertEqual((200, "Favorites Tracks"), (said.status, said.json["name"]))
        self.assertEqual({"name", "description", "renders", "parses", "methods"}, set(said.json))

    async def test_bodies_of_every_type_and_of_none(self) -> None:
        """JSON, both forms and activity JSON are read; others are 415, broken ones 400."""
        alice = await self.person()
        track, *_ = await self.an_album_of(await self.library_of(alice))
        for kind, body in (
            ("application/json", b'{"track": %d}' % track),
            ("application/json; charset=utf-8", b'{"track": "%d"}' % track),
            ("application/activity+json", b'{"track": %d}' % track),
            (FORM, b"track=999&track=%d" % track),
        ):
            self.assertEqual(201, (await alice.ask("POST", "favorites/tracks/", body, kind)).status, kind)
        said = await alice.parts("favorites/tracks/", ("track", None, b"%d" % track))
        self.assertEqual(201, said.status)
        for kind in ("text/plain", "application/xml", "application/octet-stream"):
            said = await alice.ask("POST", "favorites/tracks/", b"track=1", kind)
            self.assertEqual((415, ["detail"]), (said.status, list(said.json)), kind)
        for kind, body in (
            ("application/json", b"{"),
            ("application/json", b"\xff"),
            ("application/json", b'{"track": "\\u0000"}'),
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=b", b"--b\r\nno"),
        ):
            said = await alice.ask("POST", "favorites/tracks/", body, kind)
            self.assertEqual((400, ["detail"]), (said.status, list(said.json)), (kind, body))
        for body in (b"[]", b"null", b"1"):
            said = await alice.ask("POST", "favorites/tracks/", body, "application/json")
            self.assertEqual((400, ["non_field_errors"]), (said.status, list(said.json)), body)

    async def test_fields_are_told_one_by_one(self) -> None:
        """Each wrong field with a list of messages; documents within nest."""
        alice = await self.person()
        for method, path, document, fields in (
            ("POST", "favorites/tracks/", {}, ["track"]),
            ("POST", "favorites/tracks/", {"track": 999}, ["track"]),
            ("POST", "favorites/tracks/", {"track": True}, ["track"]),
            ("POST", "favorites/tracks/remove/", {"track": "x"}, ["track"]),
            ("POST", "history/listenings/", {"track": 1, "creation_date": "soon"}, ["creation_date"]),
            ("POST", "libraries/", {"name": "", "privacy_level": "followers"}, ["name", "privacy_level"]),
            ("POST", "libraries/", {"name": "x" * 101, "description": "y" * 5001}, ["description", "name"]),
            ("POST", "oauth/apps/", {"redirect_uris": "javascript:alert(1)"}, ["name", "redirect_uris"]),
            ("PATCH", "users/alice/", {"privacy_level": "x", "avatar": "x"}, ["avatar", "privacy_level"]),
            ("PATCH", "users/alice/", {"summary": {"text": "x" * 5001}}, ["summary"]),
            ("DELETE", "users/me/", {"password": "x"}, ["confirm"]),
            ("POST", "auth/registration/change-password/", {"old_password": "x"}, ["new_password1", "new_password2"]),
        ):
            said = await alice.send(method, path, document)
            self.assertEqual((400, fields), (said.status, sorted(said.json)), (path, document, said.body))
            messages = said.json[fields[0]]
            self.assertTrue(messages if isinstance(messages, dict) else isinstance(messages[0], str), said.body)
        said = await alice.send("PATCH", "users/alice/", {"summary": {"text": 1.5, "content_type": "x"}})
        self.assertEqual(["content_type"], list(said.json["summary"]))
        said = await alice.send("PATCH", "users/alice/", {"summary": "x"})
        self.assertEqual(["non_field_errors"], list(said.json["summary"]))
        said = await alice.post("favorites/tracks/remove/", {"track": 5})
        self.assertEqual((400, {}), (said.status, said.json))


class OtherSiteTests(PodCase):
    """§1.8, §1.9."""

    async def test_any_origin_is_echoed(self) -> None:
        """On answers, on errors, on preflights."""
        alice = await self.person()
        origin = {"Origin": "https://music.example"}
        for path in ("tracks/", "tracks/999", "instance/nodeinfo/2.0/", "no/such"):
            said = await alice.get(path, origin)
            self.assertEqual("https://music.example", said.header("Access-Control-Allow-Origin"), path)
            self.assertEqual("true", said.header("Access-Control-Allow-Credentials"), path)
        asking = origin | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        for path in ("tracks/", "uploads/", "users/login", "listen/x/"):
            said = await self.visitor().ask("OPTIONS", path, headers=asking)
            self.assertEqual(200, said.status, path)
            self.assertIn("POST", said.header("Access-Control-Allow-Methods") or "")
            allowed = said.header("Access-Control-Allow-Headers") or ""
            for name in ("authorization", "content-type", "x-csrftoken", "x-requested-with", "range"):
                self.assertIn(name, allowed)

    async def test_the_csrf_cookie(self) -> None:
        """Given by nodeinfo, login and logout: long-lived, for the whole site, readable by scripts."""
        visitor = self.visitor()
        visitor.cookies.clear()
        for path in ("/api/v1/instance/nodeinfo/2.0/", "/api/v2/instance/nodeinfo/2.1/"):
            told = (await visitor.get(path)).cookies["csrftoken"]
            self.assertIn("Max-Age=31449600", told)
            self.assertIn("Path=/", told)
            self.assertIn("samesite=lax", told.lower())
            self.assertNotIn("httponly", told.lower())

    async def test_session_writes_need_the_token_and_bearers_do_not(self) -> None:
        """403 without cookie or header, with another one, from another site's page."""
        alice = await self.person()
        program = await self.program(alice, "write:libraries read:libraries")
        wish = b'{"name": "x"}'
        for headers in ({"X-CSRFToken": "d" * 32}, {"Origin": "https://evil.example"}):
            said = await alice.ask("POST", "libraries/", wish, "application/json", headers)
            self.assertEqual(403, said.status, headers)
            self.assertTrue(said.json["detail"].startswith("CSRF Failed: "), said)
        alice.cookies.pop("csrftoken")
        self.assertEqual(403, (await alice.post("libraries/", {"name": "x"})).status)
        self.assertEqual(200, (await alice.get("libraries/")).status)
        self.assertEqual(201, (await program.post("libraries/", {"name": "x"})).status)
