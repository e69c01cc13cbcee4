"""Keys of Subsonic apps over HTTP (docs/api.md §4.3, docs/subsonic.md rule 17)."""

from __future__ import annotations

from tests.rest.pod import PodCase


class KeyTests(PodCase):
    """Made, seen, revoked."""

    async def test_from_its_making_to_its_end(self) -> None:
        """A key is told once, lets an app in, shows when and by what it was used, and is revoked."""
        nadia = await self.person("nadia")
        made = await nadia.post("subsonic/keys/", {"name": "Phone"})
        self.assertEqual(201, made.status)
        key = made.json["key"]
        self.assertRegex(key, r"^fwk-[A-Za-z0-9_-]{43}$")
        app = self.visitor()
        told = (await app.get("/rest/tokenInfo", apiKey=key, c="Tempus", f="json")).json["subsonic-response"]
        self.assertEqual("nadia", told["tokenInfo"]["username"])
        (listed,) = (await nadia.get("subsonic/keys/")).json["results"]
        self.assertEqual({"id", "name", "creation_date", "last_used", "last_client"}, set(listed))
        self.assertEqual(("Phone", "Tempus"), (listed["name"], listed["last_client"]))
        self.assertIsNotNone(listed["last_used"])
        self.assertEqual(204, (await nadia.delete(f"subsonic/keys/{listed['id']}/")).status)
        told = (await app.get("/rest/ping", apiKey=key, f="json")).json["subsonic-response"]
        self.assertEqual(44, told["error"]["code"])
        self.assertEqual(404, (await nadia.delete(f"subsonic/keys/{listed['id']}/")).status)

    async def test_it_opens_nothing_else(self) -> None:
        """Not the other face, in no place where a secret may stand."""
        nadia = await self.person("nadia")
        key = (await nadia.post("subsonic/keys/", {"name": "Phone"})).json["key"]
        self.assertEqual(401, (await self.bearing(key).get("users/me/")).status)
        self.assertEqual(401, (await self.visitor().get("users/me/", token=key)).status)
        self.assertEqual(401, (await self.visitor().get("users/me/", apiKey=key)).status)

    async def test_others_keys(self) -> None:
        """Nobody sees or revokes the keys of somebody else."""
        nadia, omar = await self.person("nadia"), await self.person("omar")
        made = (await nadia.post("subsonic/keys/", {"name": "Phone"})).json
        self.assertEqual(0, (await omar.get("subsonic/keys/")).json["count"])
        self.assertEqual(404, (await omar.delete(f"subsonic/keys/{made['id']}/")).status)

    async def test_what_is_refused(self) -> None:
        """No name, a novel, too many keys, a pod without Subsonic."""
        nadia = await self.person("nadia")
        names: tuple[object, ...] = ("", "x" * 101, None, [])
        for name in names:
            said = await nadia.post("subsonic/keys/", {"name": name})
            self.assertEqual((400, ["name"]), (said.status, list(said.json)), name)
        for number in range(50):
            await nadia.post("subsonic/keys/", {"name": f"App {number}"})
        self.assertEqual(400, (await nadia.post("subsonic/keys/", {"name": "One more"})).status)
        self.assertEqual(50, (await nadia.get("subsonic/keys/", page_size=3)).json["count"])
        await self.parts.preferences.change_one("subsonic__enabled", False)
        self.assertEqual(405, (await nadia.get("subsonic/keys/")).status)
