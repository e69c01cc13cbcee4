"""
How music sounds, in numbers: from what ffmpeg measures to a point in a space where near means alike.

A decoder splits a minute of a song into five bands of frequency and tells, for every 46 ms, how loud the whole and each
band is, and how often the wave crosses zero.  From this follow:

=========  ==========================================================================================
balance    how loud each band is against the whole: bass, voice, cymbals
liveliness how much each band moves from one moment to the next: pads or percussion
dynamics   how much the loudness of the whole varies
noise      how often the wave crosses zero, and how much that varies: pure or rough
pulse      how regular the beats are, and how fast: twice as fast is the same place on the circle
=========  ==========================================================================================

Each number is divided by what it usually differs by between two songs, so that none outweighs the others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, pstdev

METHOD = 1  # raised whenever the numbers come to mean something else
RATE, FRAME = 22_050, 1_024  # samples a second; samples that are measured together
CUTS = (150, 500, 1_500, 4_000)  # Hz, between the bands
BANDS = len(CUTS) + 1
WIDTH = 2 * BANDS + 6  # numbers of a point

# One audio stream in; the whole and the bands as channels; a table of numbers out.
GRAPH = (
    f"[0:a:0]aresample={RATE},aformat=sample_fmts=fltp:channel_layouts=mono,asplit[whole][rest];"
    f"[rest]acrossover=split={' '.join(map(str, CUTS))}{''.join(f'[b{n}]' for n in range(BANDS))};"
    f"[whole]{''.join(f'[b{n}]' for n in range(BANDS))}amerge=inputs={BANDS + 1},asetnsamples={FRAME},"
    "astats=metadata=1:reset=1:measure_perchannel=RMS_level+Zero_crossings_rate:measure_overall=none,"
    "ametadata=mode=print:file=-[out]"
)

_LEVEL = re.compile(rb"astats\.(\d)\.RMS_level=(\S+)")
_CROSSINGS = re.compile(rb"astats\.1\.Zero_crossings_rate=(\S+)")
_QUIETEST = -90.0  # dB
_FAINTEST = -30.0  # dB, of a band against the whole; below it nobody hears a difference
_FEWEST_FRAMES = 20
_SLOWEST, _FASTEST = 60.0, 180.0  # beats a minute


def features(told: bytes) -> tuple[float, ...] | None:
    """
    The point of a song.

    :param told: what ffmpeg wrote for :data:`GRAPH`.
    :return: :data:`WIDTH` numbers; None for what is silent, or too short to tell.
    """
    levels = _levels(told)
    whole, bands = levels[0], levels[1:]
    if len(whole) < _FEWEST_FRAMES or max(whole) <= _QUIETEST:
        return None
    crossings = [_number(value, 0.0, 1.0) for value in _CROSSINGS.findall(told)] or [0.0]
    loud = fmean(whole)
    return tuple(
        round(value, 4)
        for value in (
            *((max(fmean(band) - loud, _FAINTEST) + 8) / 6 for band in bands),
            *((_moves(band) - 3) / 3 for band in bands),
            (pstdev(whole) - 5) / 4,
            (math.log(fmean(crossings) + 1e-3) + 3) / 0.7,
            (pstdev(crossings) - 0.05) / 0.05,
            *_pulse(bands),
        )
    )


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two points lie apart."""
    return math.dist(one, other)


def similarity(apart: float) -> float:
    """From 1 for the same down to 0.  :param apart: a distance; two songs at random are some five apart."""
    return round(math.exp(-apart / 4), 4)


def _levels(told: bytes) -> list[list[float]]:
    """The level of the whole and of each band, moment by moment; dB."""
    levels: list[list[float]] = [[] for _ in range(BANDS + 1)]
    for channel, value in _LEVEL.findall(told):
        place = int(channel) - 1
        if 0 <= place <= BANDS:
            levels[place].append(_number(value, _QUIETEST, 0.0))
    shortest = min(map(len, levels))
    return [level[:shortest] for level in levels]


def _number(text: bytes, lowest: float, highest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return lowest
    return min(max(value, lowest), highest) if math.isfinite(value) else lowest


def _moves(level: Sequence[float]) -> float:
    """How much a level changes between two moments, in the mean."""
    return fmean(abs(after - before) for before, after in pairwise(level))


def _pulse(bands: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """How strong the beat is, and its tempo as a place on a circle, the smaller the weaker it is."""
    onsets = [
        sum(max(0.0, after[n] - before[n]) for n in range(BANDS))
        for before, after in pairwise(zip(*bands, strict=True))
    ]
    mean = fmean(onsets)
    waves = [onset - mean for onset in onsets]
    power = sum(wave * wave for wave in waves)
    if power <= 0:
        return 0.0, 0.0, 0.0
    per_minute = 60 * RATE / FRAME
    shortest, longest = int(per_minute / _FASTEST), min(int(per_minute / _SLOWEST), len(waves) // 2)
    lags = {lag: _echo(waves, lag) / power for lag in range(shortest, longest + 1)}
    if not lags:
        return 0.0, 0.0, 0.0
    best = max(lags, key=lambda lag: lags[lag])
    strength = max(0.0, lags[best])
    angle = 2 * math.pi * math.log2(per_minute / best)
    return (strength - 0.2) / 0.2, 2 * strength * math.cos(angle), 2 * strength * math.sin(angle)


def _echo(waves: Sequence[float], lag: int) -> float:
    return sum(one * other for one, other in zip(waves, waves[lag:], strict=False))
