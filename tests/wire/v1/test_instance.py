"""What the pod says of itself has exactly the keys that clients read."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.preferences import BANNER, DEFAULTS, PREFERENCES, TABLE, Values
from fwtwisted.wire.v1.instance import (
    About,
    Counts,
    Ranked,
    manifest,
    nodeinfo_2_0,
    nodeinfo_2_1,
    nodeinfo_links,
    setting,
    settings,
)

POD = About(
    "https://pod.example", "https://pod.example/media/", "1.2.3", ("flac", "mp3"), federates=True,
    actor_id="https://pod.example/federation/actors/service",
)  # fmt: skip
COUNTS = Counts(
    users=3, active_month=1, active_half_year=2, favorites=4, listenings=5, downloads=6, tracks=7, artists=8,
    albums=9, hours=1.23456, local_tracks=10, local_artists=11, local_albums=12, local_hours=13.9,
    music_tags=(Ranked("Rock", 2),),
)  # fmt: skip


def values(**changes: Any) -> Values:
    """The defaults with some changes."""
    return {**DEFAULTS, **changes}


class NodeinfoTests(SynchronousTestCase):
    """Nodeinfo, both versions."""

    maxDiff = None

    def test_2_0(self) -> None:
        """The whole document of an open pod."""
        open_pod = values(common__api_authentication_required=False, instance__name="Pod", instance__rules="Be kind")
        self.assertEqual(
            {
                "version": "2.0",
                "software": {"name": "fwtwisted", "version": "1.2.3"},
                "protocols": ["activitypub"],
                "services": {"inbound": ["atom1.0"], "outbound": ["atom1.0"]},
                "openRegistrations": False,
                "usage": {"users": {"total": 3, "activeHalfyear": 2, "activeMonth": 1}},
                "metadata": {
                    "actorId": "https://pod.example/federation/actors/service",
                    "private": False,
                    "shortDescription": "",
                    "longDescription": "",
                    "contactEmail": "",
                    "nodeName": "Pod",
                    "banner": None,
                    "defaultUploadQuota": 1000,
                    "supportedUploadExtensions": ["flac", "mp3"],
                    "allowList": {"enabled": False, "domains": None},
                    "funkwhaleSupportMessageEnabled": True,
                    "instanceSupportMessage": "",
                    "usage": {
                        "favorites": {"tracks": {"total": 4}},
                        "listenings": {"total": 5},
                        "downloads": {"total": 6},
                    },
                    "library": {
                        "federationEnabled": True,
                        "anonymousCanListen": True,
                        "tracks": {"total": 7},
                        "artists": {"total": 8},
                        "albums": {"total": 9},
                        "music": {"hours": 1.23},
                    },
                    "reportTypes": [
                        {"type": "takedown_request", "label": "Takedown request", "anonymous": True},
                        {"type": "invalid_metadata", "label": "Invalid metadata", "anonymous": False},
                        {"type": "illegal_content", "label": "Illegal content", "anonymous": True},
                        {"type": "offensive_content", "label": "Offensive content", "anonymous": False},
                        {"type": "other", "label": "Other", "anonymous": False},
                    ],
                    "endpoints": {
                        "knownNodes": "/api/v1/federation/domains",
                        "channels": "/federation/index/channels",
                        "libraries": "/federation/index/libraries",
                    },
                    "rules": "Be kind",
                    "terms": "",
                },
            },
            nodeinfo_2_0(POD, open_pod, COUNTS, ["a.example"]),
        )

    def test_2_1(self) -> None:
        """What the newer version has more and less."""
        old, new = nodeinfo_2_0(POD, values(), COUNTS, []), nodeinfo_2_1(POD, values(), COUNTS, [])
        self.assertEqual("2.1", new["version"])
        self.assertEqual({"name", "version", "repository", "homepage"}, set(new["software"]))
        self.assertEqual({"users", "localPosts", "localComments"}, set(new["usage"]))
        gone = {"library", "reportTypes", "endpoints", "rules", "terms"}
        come = {"languages", "location", "content", "features", "codeOfConduct"}
        self.assertEqual(set(old["metadata"]) - gone | come, set(new["metadata"]))
        self.assertEqual(
            {
                "local": {"artists": 11, "releases": 12, "recordings": 10, "hoursOfContent": 13},
                "topMusicCategories": [{"name": "Rock", "count": 2}],
                "topPodcastCategories": [],
            },
            new["metadata"]["content"],
        )
        self.assertEqual(["channels", "podcasts", "federation"], new["metadata"]["features"])

    def test_counters_can_be_kept_back(self) -> None:
        """Then every count is zero, and usage and content are null."""
        quiet = values(instance__nodeinfo_stats_enabled=False, common__api_authentication_required=False)
        old, new = nodeinfo_2_0(POD, quiet, COUNTS, []), nodeinfo_2_1(POD, quiet, COUNTS, [])
        self.assertEqual({"total": 0, "activeHalfyear": 0, "activeMonth": 0}, old["usage"]["users"])
        self.assertIsNone(old["metadata"]["usage"])
        self.assertEqual(0, old["metadata"]["library"]["music"]["hours"])
        self.assertIsNone(old["metadata"]["endpoints"]["knownNodes"])
        self.assertIsNone(new["metadata"]["content"])

    def test_the_allow_list(self) -> None:
        """Its domains are told only when it is in force and public."""
        for enabled, public, domains in ((True, True, ["a.example"]), (True, False, None), (False, True, None)):
            told = nodeinfo_2_0(
                POD,
                values(moderation__allow_list_enabled=enabled, moderation__allow_list_public=public),
                COUNTS,
                ["a.example"],
            )["metadata"]["allowList"]
            self.assertEqual({"enabled": enabled, "domains": domains}, told)

    def test_no_promises_to_other_pods(self) -> None:
        """A server that speaks to nobody, or is closed, names no places for other pods."""
        alone = nodeinfo_2_0(
            evolve(POD, federates=False), values(common__api_authentication_required=False), COUNTS, []
        )
        self.assertFalse(alone["metadata"]["library"]["federationEnabled"])
        for document in (alone, nodeinfo_2_0(POD, values(), COUNTS, [])):
            self.assertEqual({None}, set(document["metadata"]["endpoints"].values()))

    def test_links(self) -> None:
        """Both versions are found, and the pod's own actor (FEP-2677)."""
        self.assertEqual(
            [
                "https://pod.example/api/v1/instance/nodeinfo/2.0",
                "https://pod.example/api/v2/instance/nodeinfo/2.1",
                "https://pod.example/federation/actors/service",
            ],
            [link["href"] for link in nodeinfo_links(POD)["links"]],
        )


class SettingTests(SynchronousTestCase):
    """Preferences as documents."""

    def test_a_switch(self) -> None:
        """All keys of the shape."""
        self.assertEqual(
            {
                "section": "subsonic",
                "name": "enabled",
                "identifier": "subsonic__enabled",
                "default": True,
                "value": False,
                "verbose_name": "Subsonic",
                "help_text": "Let Subsonic apps play from here.",
                "additional_data": {},
                "field": {"class": "BooleanField", "widget": {"class": "CheckboxInput"}, "input_type": "checkbox"},
            },
            setting(PREFERENCES["subsonic__enabled"], False, POD),
        )

    def test_choices_are_told(self) -> None:
        """As pairs of value and label."""
        told = setting(PREFERENCES["users__default_permissions"], [], POD)
        self.assertEqual(
            [["moderation", "Moderation"], ["library", "Library"], ["settings", "Settings"]],
            told["additional_data"]["choices"],
        )

    def test_pictures_and_forms(self) -> None:
        """A picture is told by its URL, a form's text with safe HTML."""
        picture = setting(PREFERENCES[BANNER], "dynamic_preferences/instance__banner/x.png", POD)
        self.assertEqual("https://pod.example/media/dynamic_preferences/instance__banner/x.png", picture["value"])
        form = {"help_text": {"text": "*hi* <script>", "content_type": "text/markdown"}, "fields": []}
        told = setting(PREFERENCES["moderation__signup_form_customization"], form, POD)["value"]
        self.assertIn("<em>hi</em>", told["help_text"]["html"])
        self.assertNotIn("<script", told["help_text"]["html"])
        self.assertNotIn("html", form["help_text"])

    def test_all_can_be_told(self) -> None:
        """The whole table, in its order."""
        self.assertEqual([row.identifier for row in TABLE], [s["identifier"] for s in settings(TABLE, DEFAULTS, POD)])


class ManifestTests(SynchronousTestCase):
    """The page as an app."""

    def test_names(self) -> None:
        """The pod's own, else Funkwhale."""
        told = manifest(values(instance__name="Pod", instance__short_description="Music"))
        self.assertEqual(("Pod", "Pod", "Music"), (told["name"], told["short_name"], told["description"]))
        self.assertEqual("Funkwhale", manifest(DEFAULTS)["name"])
        self.assertEqual(
            {
                "name", "short_name", "categories", "description", "icons", "prefer_related_applications",
                "related_applications", "shortcuts",
            },
            set(told),
        )  # fmt: skip
