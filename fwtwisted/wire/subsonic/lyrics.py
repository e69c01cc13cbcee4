"""
Words of songs as apps get them.

Source: docs/subsonic.md §9.3, rule 61.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.wire.lyrics import Agent, CueLine, Kind, Lyrics
from fwtwisted.wire.subsonic.envelope import Payload


def lyrics_list(several: Sequence[Lyrics], artist: str, title: str, *, is_enhanced: bool) -> Payload:
    """
    ``lyricsList``.

    :param artist: and ``title``: of the song, where the words do not say.
    :param is_enhanced: the app knows of kinds, voices, and times of words.
    """
    shown = [one for one in several if is_enhanced or one.kind is Kind.MAIN]
    return {"structuredLyrics": [_structured(one, artist, title, is_enhanced) for one in shown]}


def _structured(lyrics: Lyrics, artist: str, title: str, is_enhanced: bool) -> Payload:
    told: dict[str, object] = {
        "lang": lyrics.lang,
        "synced": lyrics.is_synced,
        "displayArtist": lyrics.artist or artist,
        "displayTitle": lyrics.title or title,
        "line": [
            {"value": line.text} if line.start is None else {"start": line.start, "value": line.text}
            for line in lyrics.lines
        ],
    }
    if lyrics.offset:
        told["offset"] = lyrics.offset
    if is_enhanced:
        told["kind"] = str(lyrics.kind)
        if lyrics.is_synced and lyrics.cue_lines:
            told["cueLine"] = [_cue_line(one) for one in lyrics.cue_lines]
            if lyrics.agents:
                told["agents"] = [_agent(one) for one in lyrics.agents]
    return told


def _agent(agent: Agent) -> Payload:
    told = {"id": agent.id, "role": agent.role}
    return {**told, "name": agent.name} if agent.name else told


def _cue_line(line: CueLine) -> Payload:
    told: dict[str, object] = {"index": line.index, "value": line.text}
    for name, moment in (("start", line.start), ("end", line.end)):
        if moment is not None:
            told[name] = moment
    if line.agent:
        told["agentId"] = line.agent
    told["cue"] = [
        {
            "start": cue.start,
            **({} if cue.end is None else {"end": cue.end}),
            "byteStart": len(line.text[: cue.at].encode()),
            "byteEnd": len(line.text[: cue.to].encode()) - 1,
            "value": line.text[cue.at : cue.to],
        }
        for cue in line.cues
    ]
    return told
