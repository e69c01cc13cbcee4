"""
The songs that meet the rules of a playlist, asked for in one statement.

Each field is an expression below; only what the rules ask for is joined.  A condition that cannot be said of a song
(the year of one without an album) does not hold for it; the opposite of a condition holds wherever that does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from attrs import frozen

from fwtwisted.db.pool import Queries
from fwtwisted.model.smart import FIELDS, RANDOM, Condition, Group, Measure, Rules

_BASE = """
      FROM track
      JOIN (SELECT track_id, max(duration) AS duration, max(bitrate) / 1000.0 AS bitrate FROM upload
             WHERE library_id = ANY(%s) AND import_status IN ('finished', 'skipped')
             GROUP BY track_id) AS heard ON heard.track_id = track.id
      JOIN artist ON artist.id = track.artist_id AND artist.content_category <> 'podcast'
      LEFT JOIN album ON album.id = track.album_id
      LEFT JOIN artist AS maker ON maker.id = album.artist_id
"""
# What is joined for a field, and whose notes it takes as its one parameter.
_OF_ACTOR, _OF_ACCOUNT, _OF_NOBODY = "actor", "account", ""
_JOINS = {
    "play": ("LEFT JOIN play ON play.track_id = track.id AND play.actor_id = %s", _OF_ACTOR),
    "favorite": ("LEFT JOIN favorite ON favorite.track_id = track.id AND favorite.actor_id = %s", _OF_ACTOR),
    "rating": ("LEFT JOIN rating ON rating.track_id = track.id AND rating.account_id = %s", _OF_ACCOUNT),
    "genre": (
        """LEFT JOIN (SELECT track_tag.track_id, min(word.name) AS name
                        FROM track_tag
                        JOIN (SELECT id, folded(name) AS name FROM tag OFFSET 0) AS word ON word.id = track_tag.tag_id
                       GROUP BY track_tag.track_id) AS genre ON genre.track_id = track.id""",
        _OF_NOBODY,
    ),
}
_NEEDS = {
    "playcount": "play",
    "lastplayed": "play",
    "starred": "favorite",
    "datestarred": "favorite",
    "rating": "rating",
    "genre": "genre",
}
_EXPRESSIONS = {
    "title": "track.folded_title",
    "artist": "artist.folded_name",
    "album": "album.folded_title",
    "albumartist": "coalesce(maker.folded_name, artist.folded_name)",
    "genre": "genre.name",
    "year": "extract(year FROM album.release_date)",
    "tracknumber": "track.position",
    "discnumber": "track.disc_number",
    "duration": "heard.duration",
    "bitrate": "heard.bitrate",
    "dateadded": "track.creation_date",
    "rating": "coalesce(rating.rating, 0)",
    "playcount": "coalesce(play.count, 0)",
    "lastplayed": "play.last_played",
    "starred": "(favorite.id IS NOT NULL)",
    "datestarred": "favorite.creation_date",
}
# Fields of which a song has several: where the word is looked for, each a subselect of songs, albums or artists.
_SEVERAL = {
    "genre": """
        (track.id IN (SELECT track_tag.track_id FROM track_tag JOIN tag ON tag.id = track_tag.tag_id WHERE {met})
         OR coalesce(album.id IN (SELECT album_tag.album_id FROM album_tag JOIN tag ON tag.id = album_tag.tag_id
                                   WHERE {met}), false)
         OR artist.id IN (SELECT artist_tag.artist_id FROM artist_tag JOIN tag ON tag.id = artist_tag.tag_id
                           WHERE {met}))""",
    "artist": """
        ({own} OR track.id IN (SELECT credit.track_id FROM track_credit AS credit
                                 JOIN artist AS one ON one.id = credit.artist_id WHERE {met}))""",
}
_WORDS = {"genre": "folded(tag.name)", "artist": "one.folded_name"}

_OPPOSITES = {"isNot": "is", "notContains": "contains", "notInTheLast": "inTheLast"}
_TEXTS = {
    "is": "{what} = folded(%s)",
    "contains": "position(folded(%s) IN {what}) > 0",
    "startsWith": "starts_with({what}, folded(%s))",
    "endsWith": "right({what}, length(folded(%s))) = folded(%s)",
}
_NUMBERS = {"is": "{what} = %s", "gt": "{what} > %s", "lt": "{what} < %s", "inTheRange": "{what} BETWEEN %s AND %s"}
_DATES = {
    "before": "{what} < %s",
    "after": "{what} >= %s",
    "inTheRange": "({what} >= %s AND {what} < %s)",
    "inTheLast": "{what} >= %s",
}


@frozen
class Eyes:
    """
    Through whose eyes a playlist is filled.

    :ivar libraries: that the listener hears.  :ivar hidden: artists that they hid.
    :ivar owner_actor: whose notes the rules speak of; and ``owner_account``, None for somebody of another pod.
    """

    libraries: Sequence[int]
    hidden: Sequence[int]
    owner_actor: int
    owner_account: int | None


async def songs(tx: Queries, rules: Rules, eyes: Eyes, now: datetime, seed: int) -> list[int]:
    """
    The songs that meet the rules, in order.

    :param seed: what the random order follows from: the same seed is the same order.
    """
    joins, args = _joined(rules, eyes)
    met, values = _group(rules.group, now)
    order, seeds = _order(rules, seed)
    sql = f"""
        SELECT track.id {_BASE} {" ".join(joins)}
         WHERE artist.id <> ALL(%s) AND coalesce(maker.id <> ALL(%s), true) AND {met}
         ORDER BY {order}, track.id LIMIT %s
    """
    hidden = list(eyes.hidden)
    return await tx.many(int, sql, list(eyes.libraries), *args, hidden, hidden, *values, *seeds, rules.limit)


def _joined(rules: Rules, eyes: Eyes) -> tuple[list[str], list[object]]:
    """What the fields need to be joined: genres only where songs are put in order by them."""
    ordered = {order.field for order in rules.orders}
    fields = {field for field in rules.fields if field != "genre" or field in ordered}
    owners = {_OF_ACTOR: eyes.owner_actor, _OF_ACCOUNT: eyes.owner_account}
    found = [_JOINS[name] for name in sorted({_NEEDS[field] for field in fields if field in _NEEDS})]
    return [sql for sql, _ in found], [owners[whose] for _, whose in found if whose in owners]


def _order(rules: Rules, seed: int) -> tuple[str, list[object]]:
    words, seeds = [], list[object]()
    for order in rules.orders:
        if order.field == RANDOM:
            words.append("hashint8extended(track.id, %s)")
            seeds.append(seed)
        else:
            words.append(f"{_EXPRESSIONS[order.field]} {'DESC' if order.down else 'ASC'} NULLS LAST")
    return ", ".join(words) or _EXPRESSIONS["title"], seeds


def _group(group: Group, now: datetime) -> tuple[str, list[object]]:
    if not group.parts:
        return "true", []
    parts = [_group(one, now) if isinstance(one, Group) else _condition(one, now) for one in group.parts]
    joint = " AND " if group.is_all else " OR "
    return f"({joint.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]


def _condition(one: Condition, now: datetime) -> tuple[str, list[object]]:
    operator = _OPPOSITES.get(one.operator, one.operator)
    sql, values = _positive(one, operator, now)
    return (f"NOT coalesce({sql}, false)" if operator != one.operator else f"coalesce({sql}, false)"), values


def _positive(one: Condition, operator: str, now: datetime) -> tuple[str, list[object]]:
    what, measure = _EXPRESSIONS[one.field], FIELDS[one.field]
    if measure is Measure.TEXT:
        return _text(one, _TEXTS[operator])
    if measure is Measure.NUMBER:
        values = one.value if isinstance(one.value, tuple) else (one.value,)
        return _NUMBERS[operator].format(what=what), list(values)
    if measure is Measure.TRUTH:
        return f"{what} = %s", [one.value]
    return _DATES[operator].format(what=what), _days(one, operator, now)


def _text(one: Condition, template: str) -> tuple[str, list[object]]:
    times = template.count("%s")
    if one.field not in _SEVERAL:
        return template.format(what=_EXPRESSIONS[one.field]), [one.value] * times
    met = template.format(what=_WORDS[one.field])
    sql = _SEVERAL[one.field].format(met=met, own=template.format(what=_EXPRESSIONS[one.field]))
    return sql, [one.value] * sql.count("%s")


def _days(one: Condition, operator: str, now: datetime) -> list[object]:
    """The moments that a condition on dates is about; a day lasts from midnight to midnight, UTC."""
    value = one.value
    if isinstance(value, tuple):
        first, last = value
        assert isinstance(first, date) and isinstance(last, date)
        return [_midnight(first), _midnight(last) + timedelta(days=1)]
    if isinstance(value, date):
        return [_midnight(value) + timedelta(days=operator == "after")]
    assert isinstance(value, float)
    return [now - timedelta(days=value)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


OWNER = "SELECT id, notes FROM account WHERE actor_id = %s"


async def owner(tx: Queries, actor_id: int) -> tuple[int | None, int]:
    """The account of a playlist's owner, and the number of its notes; None and 0 for somebody of another pod."""
    found = await tx.maybe(lambda id, notes: (id, notes), OWNER, actor_id)
    return found if found is not None else (None, 0)
