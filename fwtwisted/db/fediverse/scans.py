"""Walks through libraries elsewhere: asked for, under way, ended."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.fediverse import Scan

_SCAN = "status, total_files, processed_files, errored_files, creation_date, modification_date"
ASK = f"""
    INSERT INTO library_scan (library_id, actor_id)
    SELECT %s, %s
     WHERE NOT EXISTS (SELECT FROM library_scan
                        WHERE library_id = %s AND (status IN ('pending', 'scanning') OR NOT %s)
                          AND status <> 'errored' AND creation_date > now() - interval '1 day')
 RETURNING id, {_SCAN}
"""


async def ask(tx: Tx, library_id: int, actor_id: int | None, *, afresh: bool = False) -> tuple[int, Scan] | None:
    """
    A new walk through a library, and its key; None while there is one that began within a day.

    :param actor_id: in whose name; None: the pod's.  :param afresh: one that is over does not count.
    """
    return await tx.maybe(lambda id, *columns: (id, Scan(*columns)), ASK, library_id, actor_id, library_id, afresh)


@frozen
class Walk:
    """
    A walk that is not over.

    :ivar actor_id: in whose name it was asked for.
    :ivar next_page: None: at the beginning.  :ivar most_pages: None: not known yet.
    :ivar total: how much the library said to have when the walk began.
    :ivar is_of_today: it was asked for within a day.
    """

    id: int
    library_id: int
    actor_id: int | None
    next_page: str | None
    pages: int
    most_pages: int | None
    tries: int
    total: int
    is_of_today: bool


SET_OUT = """
    UPDATE library_scan
       SET status = 'scanning', modification_date = now(),
           newest_upload = coalesce(newest_upload, (SELECT max(id) FROM upload))
     WHERE id = %s AND status IN ('pending', 'scanning')
 RETURNING id, library_id, actor_id, next_page, pages, most_pages, tries, total_files,
           creation_date > now() - interval '1 day'
"""


async def set_out(tx: Tx, id: int) -> Walk | None:
    """A walk, to be begun or gone on with; None: it is over, or nobody wants it any more."""
    return await tx.maybe(Walk, SET_OUT, id)


FORGET_MET = "DELETE FROM library_scan_met WHERE scan_id = %s"
BEGUN = """
    UPDATE library_scan
       SET total_files = %s, next_page = %s, modification_date = now(),
           processed_files = 0, errored_files = 0, pages = 0, most_pages = NULL, tries = 0,
           newest_upload = (SELECT max(id) FROM upload)
     WHERE id = %s
"""


async def begun(tx: Tx, walk: int, total: int, first: str | None) -> None:
    """It is before the first page, perhaps not for the first time.  :param total: that the library says to have."""
    await tx.do(FORGET_MET, walk)
    await tx.do(BEGUN, total, first, walk)


MET = """
    INSERT INTO library_scan_met (scan_id, upload_id) SELECT %s, unnest(%s::bigint[]) ON CONFLICT DO NOTHING
"""
WALKED = """
    UPDATE library_scan
       SET processed_files = processed_files + %s, errored_files = errored_files + %s, pages = pages + 1, tries = 0,
           next_page = %s, most_pages = coalesce(most_pages, %s), modification_date = now()
     WHERE id = %s
"""


async def walked(tx: Tx, walk: int, met: Sequence[int], errors: int, onward: str | None, most_pages: int) -> None:
    """A page is done.  :param met: keys of its uploads.  :param onward: the page that comes next."""
    await tx.do(MET, walk, list(met))
    await tx.do(WALKED, len(met) + errors, errors, onward, most_pages, walk)


STUMBLED = "UPDATE library_scan SET tries = tries + 1, modification_date = now() WHERE id = %s"


async def stumbled(tx: Tx, walk: int) -> None:
    """The next page could not be had."""
    await tx.do(STUMBLED, walk)


MET_ALL = """
    SELECT (SELECT count(*) FROM library_scan_met WHERE scan_id = scan.id) >= scan.total_files
      FROM library_scan AS scan WHERE scan.id = %s
"""


async def has_met_all(tx: Queries, walk: int) -> bool:
    """Whether it met as much as there was when it began."""
    return await tx.one(bool, MET_ALL, walk)


UNMET = """
    SELECT upload.uuid
      FROM upload JOIN library_scan AS scan ON scan.library_id = upload.library_id
     WHERE scan.id = %s AND scan.errored_files = 0 AND upload.id <= scan.newest_upload
       AND (SELECT count(*) FROM library_scan_met WHERE scan_id = scan.id) >= greatest(%s, scan.total_files)
       AND NOT EXISTS (SELECT FROM library_scan_met AS met WHERE met.scan_id = scan.id AND met.upload_id = upload.id)
     ORDER BY upload.id LIMIT %s
"""


async def unmet(tx: Queries, walk: int, total: int, limit: int) -> list[UUID]:
    """
    Uploads that were here before the walk, and that it did not meet; none where it missed something.

    :param total: how many its last page says that the library has.
    """
    return await tx.many(lambda uuid: uuid, UNMET, walk, total, limit)


FINISHED = "UPDATE library_scan SET status = 'finished', next_page = NULL, modification_date = now() WHERE id = %s"
ERRORED = "UPDATE library_scan SET status = 'errored', trouble = %s, modification_date = now() WHERE id = %s"


async def finished(tx: Tx, walk: int) -> None:
    """It went well."""
    await tx.do(FINISHED, walk)
    await tx.do(FORGET_MET, walk)


async def errored(tx: Tx, walk: int, trouble: str) -> None:
    """It could not be gone on with."""
    await tx.do(ERRORED, trouble, walk)
    await tx.do(FORGET_MET, walk)


SIGNER = """
    SELECT follow.actor_id
      FROM follow JOIN account ON account.actor_id = follow.actor_id
     WHERE follow.target_library_id = %s AND follow.approved AND account.is_active
     ORDER BY follow.actor_id = %s DESC NULLS LAST, follow.id LIMIT 1
"""


async def signer(tx: Queries, library_id: int, wanted: int | None) -> int | None:
    """Somebody here who may look into a library elsewhere: who asked, if they may, else whoever has longest."""
    return await tx.maybe(int, SIGNER, library_id, wanted)


FOLLOWED = """
    SELECT DISTINCT library.id
      FROM library
      JOIN actor AS owner ON owner.id = library.actor_id AND owner.private_key IS NULL
      JOIN domain ON domain.name = owner.domain AND domain.reachable AND NOT domain.blocked
      JOIN follow ON follow.target_library_id = library.id AND follow.approved
      JOIN account ON account.actor_id = follow.actor_id
     WHERE library.id > %s AND NOT library.is_channel
     ORDER BY library.id LIMIT %s
"""


async def followed(tx: Queries, after: int, limit: int) -> list[int]:
    """Libraries elsewhere that somebody here follows, by key, beyond a given one."""
    return await tx.many(int, FOLLOWED, after, limit)


PRUNE = """
    DELETE FROM library_scan
     WHERE creation_date < now() - interval '90 days'
       AND EXISTS (SELECT FROM library_scan AS newer
                    WHERE newer.library_id = library_scan.library_id AND newer.id > library_scan.id)
"""


async def prune(tx: Tx) -> None:
    """Forget old walks, but the last through each library."""
    await tx.do(PRUNE)
