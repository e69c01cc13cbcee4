"""Which limit a request falls under."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.config.rules import USUAL_RATES
from fwtwisted.web import limits
from fwtwisted.web.limits import COLLECTIONS, SPECIAL, bucket_of

GET, POST, PUT, PATCH, DELETE = b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"


class BucketTests(SynchronousTestCase):
    """``bucket_of``: docs/api.md §1.7."""

    def scopes(self, *requests: tuple[bytes, str]) -> set[str]:
        """The scopes of an account for requests, with and without a slash at the end."""
        found = set()
        for method, path in requests:
            for spelled in (path, f"{path}/"):
                bucket = bucket_of(method, f"/api/v1/{spelled}".encode())
                found.add("nothing" if bucket is None else bucket.authenticated)
        return found

    def test_by_what_is_done(self) -> None:
        """Lists, objects, new ones, changes, removals; everything else is the rest."""
        for scope, requests in {
            "authenticated-list": [(GET, "tracks"), (b"HEAD", "tracks"), (GET, "federation/follows/library")],
            "authenticated-retrieve": [
                (GET, "tracks/7"), (GET, "tags/all"), (GET, "listen/0a"), (GET, "stream/0a.mp3"),
                (b"HEAD", "listen/0a"), (GET, "channels/me@pod.example"), (GET, "instance/admin/settings/ui__css"),
            ],
            "authenticated-create": [(POST, "playlists"), (POST, "uploads"), (POST, "radios/sessions")],
            "authenticated-update": [(PATCH, "users/alice"), (PUT, "uploads/0a"), (PATCH, "users/users/alice")],
            "authenticated-destroy": [(DELETE, "albums/7"), (DELETE, "oauth/grants/app")],
            "authenticated-wildcard": [
                (GET, "users/me"), (GET, "users/users/me"), (DELETE, "users/me"), (GET, "favorites/tracks/all"),
                (POST, "uploads/action"), (POST, "playlists/1/add"), (GET, "search"), (POST, "text-preview"),
                (GET, "nowhere"), (GET, ""), (GET, "instance/settings"), (POST, "instance/admin/settings/bulk"),
                (PATCH, "tracks"), (POST, "tracks/7"), (GET, "manage/library"), (GET, "users"[:-1]),
                (POST, "manage/users/invitations/action"),
            ],
            "signup": [(POST, "auth/registration")],
            "password-change": [(POST, "auth/password/change"), (POST, "auth/registration/change-password")],
            "password-reset": [(POST, "auth/password/reset")],
            "password-reset-confirm": [(POST, "auth/password/reset/confirm")],
            "verify-email": [(POST, "auth/registration/verify-email")],
            "oauth-authorize": [(GET, "oauth/authorize"), (POST, "oauth/authorize")],
            "oauth-token": [(POST, "oauth/token")],
            "oauth-revoke-token": [(POST, "oauth/revoke")],
            "authenticated-oauth-app": [(POST, "oauth/apps")],
            "authenticated-reports": [(POST, "moderation/reports")],
            "fetch": [(POST, "federation/fetches")],
            "nothing": [
                (POST, "users/login"), (POST, "users/users/login"), (GET, "rate-limit"), (GET, "attachments/0a/proxy"),
            ],
        }.items():  # fmt: skip
            self.assertEqual({scope}, self.scopes(*requests), requests)

    def test_every_scope_has_a_rate(self) -> None:
        """Whatever a request is counted as, the settings know it."""
        named = [bucket for bucket in vars(limits).values() if isinstance(bucket, limits.Bucket)]
        for bucket in [*named, *(special for special in SPECIAL.values() if special is not None)]:
            self.assertIn(bucket.anonymous, USUAL_RATES)
            self.assertIn(bucket.authenticated, USUAL_RATES)

    def test_collections_are_no_deeper_than_we_look(self) -> None:
        """And the paths of the tables are spelled as they are looked up."""
        for path in COLLECTIONS:
            self.assertLess(path.count(b"/"), limits.DEEPEST)
        for _, path in SPECIAL:
            self.assertEqual(path, path.strip(b"/"))
