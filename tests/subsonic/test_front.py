"""Apps of a pod behind nginx, which sends files in our place (docs/storage.md §6.2)."""

from __future__ import annotations

from tests.subsonic.test_streams import SoundCase


class FrontTests(SoundCase):
    """The header says what is to be sent; what is not in a file comes from us."""

    environment = {"REVERSE_PROXY_TYPE": "nginx"}

    async def test_handed_over(self) -> None:
        app = await self.nadias()
        track = await self.a_sound()
        for name in ("stream", "download"):
            for method in ("GET", "POST", "HEAD"):
                answer = await app.raw(name, method=method, id=track)
                self.assertEqual((200, b""), (answer.status, answer.body))
                self.assertEqual(f"/_protected/media/tracks/aa/bb/{track}.flac", answer.header("X-Accel-Redirect"))
        made = await app.raw("stream", id=track, format="mp3")
        self.assertIsNone(made.header("X-Accel-Redirect"))
        self.assertGreater(len(made.body), 1000)
