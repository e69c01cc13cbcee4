"""Commands beside a server that runs on the same data folder and its private PostgreSQL."""

from __future__ import annotations

from tests.audio import make_many
from tests.cli.commands import CommandCase
from tests.pod import PASSWORD, until


class BesideTests(CommandCase):
    """What a command writes, the server knows."""

    embedded = True

    def test_a_whole_life(self) -> None:
        """An account, a library and music made by commands are there for the running server at once, and stay."""
        server = self.server
        server.start()
        self.make_account()
        ada = server.client()
        self.assertEqual(200, ada.log_in("ada", PASSWORD).status)
        self.assertEqual(0, ada.get("/api/v1/tracks/").json["count"])
        library = self.make_library()
        self.assertEqual(library, ada.get("/api/v1/libraries/", scope="me").json["results"][0]["uuid"])
        make_many(self.music, 10)
        self.done("import", "--library", library, "--recursive", str(self.music))
        until(lambda: ada.get("/api/v1/tracks/").json["count"] == 10, "ten tracks")
        self.assertEqual(10, len(ada.uploads()))
        self.done("users", "set-password", "-u", "ada", "-p", "another horse, without")
        self.assertEqual(401, ada.get("/api/v1/users/me/").status)
        self.assertTrue(server.is_ready())
        self.assertEqual(0, server.stop())
        self.assertEqual("unchanged", self.only_count(library))
        self.assertIsNone(server.postgres_pid())

    def only_count(self, library: str) -> str:
        """What became of all ten files when imported once more, with no server."""
        told = self.done("import", "--library", library, "--recursive", "--json", str(self.music)).json
        (name,) = (name for name, value in told.items() if value == 10 and name != "seen")
        return str(name)

    def test_the_server_goes_first(self) -> None:
        """A server that stops while a command works leaves it the database."""
        server = self.server
        server.start()
        self.make_account()
        library = self.make_library()
        make_many(self.music, 600)
        process = self.begin("import", "--library", library, "--recursive", "--json", str(self.music))
        tracks = self.data / "media" / "tracks"
        until(lambda: tracks.exists() and any(tracks.iterdir()), "the first copy")
        self.assertEqual(0, server.stop())
        ended = self.end(process)
        self.assertEqual((0, 600), (ended.status, ended.json["imported"] + ended.json["skipped"]), ended)
        self.assertIsNone(server.postgres_pid())
