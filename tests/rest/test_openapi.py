"""
Answers held against the generated schema of the REST contract, where its file lies beside this repository.

The written contract (docs/api.md) wins: the generator does not know which values may be null, and guesses in places;
:data:`KNOWN` says where.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from twisted.trial.unittest import SkipTest

from tests.rest.filled import FilledCase
from tests.rest.test_shapes import ShapeCase

SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "contract" / "funkwhale-openapi.yml"

TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}

# Differences that are right, by the beginning of what is told of them.
KNOWN = {
    "Album: description is more": "details have one, which the generator does not see",
    "ArtistWithAlbums: description is more": "the same",
    "Track: description is more": "the same",
    "ManageAlbum: description is more": "the same",
    "ManageArtist: description is more": "the same",
    "ManageTrack: description is more": "the same",
    "Application: client_secret is more": "for the owner",
    "Application: redirect_uris is more": "the same",
    "Application: token is more": "the same, in lists, too",
    "GlobalPreference.additional_data": "free JSON, a text for the generator",
    "GlobalPreference.default": "the same",
    "ModerationTarget": "an artist's id and name, a text of any kind for the generator",
    "GlobalPreference.field": "the same",
    "GlobalPreference.value": "the same",
    "TotalHours.hours": "hours have fractions",
    "UploadForOwner.library": "the library's document, not its uuid",
    "Fetch: object is more": "computed, which the generator does not see",
    "ManageUser: permissions is more": "the same",
    "Subscription: channel is more": "the same",
    "Channel: subscriptions_count is more": "the same, in details",
    "LibraryFollow.target": "the library's document, not its uuid",
    "PlaylistTrack.track": "the track's document, not its id",
    "Radio.config": "a list of filters, free JSON for the generator",
    "ManageUserRequest: ": "a document of nothing for the generator",
    "TrackMetadata.album": "what the file says of it, a text for the generator",
    "TrackMetadata.artists": "the same, a list",
    "radios/radios/filters/": "a list, one filter for the generator",
    "UserWrite: ": "the generator takes what is sent to change a profile for users/me",
    "instance/settings/: ": "a list, one preference for the generator",
}


@cache
def contract() -> Any:
    """The schema.  :raise SkipTest: it is not here."""
    if not SCHEMA.is_file():
        raise SkipTest("the generated schema is not beside this repository")
    with SCHEMA.open("rb") as stream:
        return yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def wrong(schema: Any, value: Any, name: str, place: str) -> list[str]:
    """Where a value is not as the schema says; null passes everywhere."""
    if value is None:
        return []
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return wrong(contract()["components"]["schemas"][name], value, name, place)
    told = [one for part in schema.get("allOf", ()) for one in wrong(part, value, name, place)]
    for choices in (schema.get("oneOf"), schema.get("anyOf")):
        if choices and all(wrong(choice, value, name, place) for choice in choices):
            told.append(f"{place}: {value!r} is none of the choices")
    if "enum" in schema and value not in schema["enum"]:
        told.append(f"{place}: {value!r} is not in {schema['enum']}")
    kind = TYPES.get(schema.get("type", ""))
    if kind is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        return [*told, f"{place}: {value!r} is no {schema['type']}"]
    return [*told, *_inside(schema, value, name, place)]


def _inside(schema: Any, value: Any, name: str, place: str) -> list[str]:
    if isinstance(value, list) and "items" in schema:
        return [one for item in value for one in wrong(schema["items"], item, name, f"{place}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    properties = schema["properties"]
    told = [f"{name}: {key} is missing" for key in schema.get("required", ()) if key not in value]
    told += [f"{name}: {key} is more" for key in value if key not in properties]
    for key in properties.keys() & value.keys():
        told += wrong(properties[key], value[key], name, f"{name}.{key}")
    return told


class GeneratedSchemaTests(ShapeCase):
    """Every list and detail that is served."""

    async def test_answers_are_as_the_schema_says(self) -> None:
        """GETs of a pod on which everything is known."""
        paths = contract()["paths"]
        alice = await self.person(is_superuser=True)
        artist, album, track = await self.rich_music(alice)
        library = await self.value("SELECT uuid FROM library")
        upload = await self.value("SELECT uuid FROM upload")
        await alice.post("favorites/tracks/", {"track": track})
        listening = (await alice.post("history/listenings/", {"track": track})).json["id"]
        edit = {"type": "update", "payload": {"title": "Another", "cover": None}, "is_approved": True}
        mutation = (await alice.post(f"tracks/{track}/mutations/", edit)).json["uuid"]
        target = {"target": {"type": "artist", "id": await self.an_artist("Nobody")}}
        hidden = (await alice.post("moderation/content-filters/", target)).json["uuid"]
        client_id = (await alice.post("oauth/apps/", {"name": "x", "redirect_uris": "urn:x"})).json["client_id"]
        leave = {"client_id": client_id, "scope": "read", "allow": True}
        self.assertEqual(302, (await alice.post("oauth/authorize/", leave)).status)
        told = set()
        for place, values in (
            ("artists/", {}), ("artists/{id}/", {"id": artist}), ("artists/{id}/libraries/", {"id": artist}),
            ("albums/", {}), ("albums/{id}/", {"id": album}), ("albums/{id}/libraries/", {"id": album}),
            ("tracks/", {}), ("tracks/{id}/", {"id": track}), ("tracks/{id}/libraries/", {"id": track}),
            ("tags/", {}), ("tags/{name}/", {"name": "Ambient"}), ("licenses/", {}),
            ("licenses/{code}/", {"code": "cc0-1.0"}), ("libraries/", {}), ("libraries/{uuid}/", {"uuid": library}),
            ("libraries/{uuid}/follows/", {"uuid": library}), ("uploads/", {}), ("uploads/{uuid}/", {"uuid": upload}),
            ("favorites/tracks/", {}), ("favorites/tracks/all/", {}), ("history/listenings/", {}),
            ("history/listenings/{id}/", {"id": listening}), ("activity/", {}), ("users/me/", {}),
            ("oauth/apps/", {}), ("oauth/apps/{client_id}/", {"client_id": client_id}), ("oauth/grants/", {}),
            ("oauth/grants/{client_id}/", {"client_id": client_id}),
            ("instance/nodeinfo/2.0/", {}), ("instance/settings/", {}), ("instance/admin/settings/", {}),
            ("instance/spa-manifest.json", {}), ("auth/user/", {}),
            ("mutations/", {}), ("mutations/{uuid}/", {"uuid": mutation}),
            ("moderation/content-filters/", {}), ("moderation/content-filters/{uuid}/", {"uuid": hidden}),
        ):  # fmt: skip
            known = paths[f"/api/v1/{place}"]["get"]["responses"]["200"].get("content", {})
            said = await alice.get(place.format(**values))
            self.assertEqual(200, said.status, place)
            said.headers.setRawHeaders(b"Content-Type", [b"application/json"])
            for content in known.values():
                told.update(wrong(content["schema"], said.json, place, place))
        found = sorted(one for one in told if not one.startswith(tuple(KNOWN)))
        if found:
            self.fail("\n".join(found))


# For channels/metadata-choices/, …/stats/, a radio's tracks, follows/library/all/ and an actor's libraries the
# generator has the document of one channel, domain, account, track and so on; tests/rest/test_schema.py looks at them.
FURTHER = """
    albums/{id}/fetches/ albums/{id}/mutations/ artists/{id}/fetches/ artists/{id}/mutations/
    attachments/{uuid}/ channels/ channels/{composite}/ federation/actors/{full_username}/ federation/domains/
    federation/domains/{name}/ federation/fetches/{id}/ federation/follows/library/
    federation/follows/library/{uuid}/ federation/inbox/ federation/inbox/{id}/ federation/libraries/{uuid}/
    instance/admin/settings/{id}/ libraries/fs-import/ manage/accounts/ manage/accounts/{id}/
    manage/channels/ manage/channels/{composite}/ manage/federation/domains/ manage/federation/domains/{name}/
    manage/library/albums/ manage/library/albums/{id}/ manage/library/artists/ manage/library/artists/{id}/
    manage/library/libraries/ manage/library/libraries/{uuid}/ manage/library/tracks/ manage/library/tracks/{id}/
    manage/library/uploads/ manage/library/uploads/{uuid}/ manage/moderation/instance-policies/
    manage/moderation/instance-policies/{id}/ manage/moderation/notes/ manage/moderation/notes/{uuid}/
    manage/moderation/reports/ manage/moderation/reports/{uuid}/ manage/moderation/requests/
    manage/moderation/requests/{uuid}/ manage/users/invitations/ manage/users/invitations/{id}/
    manage/tags/ manage/tags/{name}/ manage/users/users/ manage/users/users/{id}/ mutations/ mutations/{uuid}/
    oauth/apps/ oauth/grants/
    playlists/ playlists/{id}/ playlists/{id}/tracks/ plugins/ plugins/{id}/ radios/radios/ radios/radios/{id}/
    radios/radios/filters/ radios/sessions/{id}/ rate-limit/ subscriptions/ subscriptions/{uuid}/
    subscriptions/all/ tracks/{id}/fetches/ tracks/{id}/mutations/ uploads/{uuid}/audio-file-metadata/
    users/{username}/subsonic-token/
"""
# What the contract calls otherwise than we do.
VARIABLES = {
    "channels/": {"composite": "name"},
    "manage/channels/": {"composite": "name"},
    "federation/actors/": {"full_username": "handle"},
    "instance/admin/settings/": {"id": "identifier"},
    "manage/accounts/": {"id": "handle"},
    "plugins/": {"id": "name"},
}


def own_words(path: str) -> str:
    """A path of the contract with our names for its variables."""
    for beginning, names in VARIABLES.items():
        if path.startswith(beginning):
            for theirs, ours in names.items():
                path = path.replace(f"{{{theirs}}}", f"{{{ours}}}")
    return path


class FurtherSchemaTests(FilledCase):
    """What people make of music, and of each other."""

    async def test_answers_are_as_the_schema_says(self) -> None:
        """GETs of a pod on which there is something of everything."""
        paths = contract()["paths"]
        await self.fill()
        told = set()
        for place in FURTHER.split():
            path = f"/api/v1/{place}"
            said = await self.alice.get(self.place(f"/api/v1/{own_words(place)}"))
            self.assertEqual(200, said.status, (place, said))
            for content in paths[path]["get"]["responses"]["200"].get("content", {}).values():
                told.update(wrong(content["schema"], said.json, place, place))
        found = sorted(one for one in told if not one.startswith(tuple(KNOWN)))
        if found:
            self.fail("\n".join(found))
