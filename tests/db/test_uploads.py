"""Upload rows, against what happens around them."""

from __future__ import annotations

from uuid import uuid4

from fwtwisted.db.files import uploads
from fwtwisted.db.files.uploads import NewUpload
from fwtwisted.model.errors import Invalid
from tests.database import DatabaseCase


class AddTests(DatabaseCase):
    """Writing rows."""

    async def test_a_library_that_went_away(self) -> None:
        """A file whose library was removed on the way is refused in words, not by a bug."""
        with self.assertRaises(Invalid) as refused:
            await self.run_in(uploads.add, [_upload(library_id=4711)])
        self.assertEqual({"library"}, set(refused.exception.problems))


def _upload(library_id: int) -> NewUpload:
    uuid = uuid4()
    return NewUpload(
        uuid=uuid,
        fid=f"https://pod.example/federation/music/uploads/{uuid}",
        library_id=library_id,
        track_id=None,
        audio_file=None,
        source="upload://song.mp3",
        in_place_size=None,
        in_place_mtime_ns=None,
        size=1,
        checksum=None,
        mimetype="audio/mpeg",
        bitrate=None,
        duration=None,
        import_status="pending",
        import_details={},
        import_metadata={},
        import_reference="batch",
        metadata={},
        settled=False,
    )
