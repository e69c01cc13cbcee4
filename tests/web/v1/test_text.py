"""How a text will look: docs/api.md §4.5."""

from __future__ import annotations

from tests.rest.pod import PodCase


class TextPreviewTests(PodCase):
    """``text-preview/``"""

    async def test_markdown(self) -> None:
        """Anybody, signed in or not, sees what Markdown becomes; headings only when they are let through."""
        visitor = self.visitor()
        visitor.cookies.clear()
        said = await visitor.post("text-preview/", {"text": "**hi**", "permissive": False})
        self.assertEqual((200, {"rendered": "<p><strong>hi</strong></p>"}), (said.status, said.json))
        said = await visitor.post("text-preview", {"text": "# hi", "permissive": True})
        self.assertEqual("<h1>hi</h1>", said.json["rendered"])
        for permissive in (False, None):
            said = await visitor.post("text-preview/", {"text": "# hi", "permissive": permissive})
            self.assertEqual("hi", said.json["rendered"])
        said = await visitor.form(
            "text-preview/", text="a <script>b</script>\nhttps://pod.example/x", permissive="true"
        )
        self.assertNotIn("script", said.json["rendered"])
        self.assertIn('<a href="https://pod.example/x"', said.json["rendered"])

    async def test_nothing_is_shown_as_nothing(self) -> None:
        """Forms of the web app ask before anybody has written."""
        for text in ("", "  ", None):
            said = await self.visitor().post("text-preview/", {"text": text, "permissive": False})
            self.assertEqual((200, {"rendered": ""}), (said.status, said.json), text)

    async def test_what_cannot_be_shown(self) -> None:
        """No text, one that is too long, or something else."""
        visitor = self.visitor()
        said = await visitor.post("text-preview/", {})
        self.assertEqual((400, ["detail"]), (said.status, list(said.json)))
        for text in ("x" * 5001, {"a": 1}):
            said = await visitor.post("text-preview/", {"text": text})
            self.assertEqual((400, ["text"]), (said.status, list(said.json)))
        said = await visitor.post("text-preview/", {"text": "x", "permissive": "perhaps"})
        self.assertEqual((400, ["permissive"]), (said.status, list(said.json)))
