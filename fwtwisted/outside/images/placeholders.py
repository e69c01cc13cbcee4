"""
A picture for what has none: a record in one of a few colours, drawn.

The function burns CPU for some milliseconds; it is run in a thread.  Source: docs/subsonic.md rule 40.
"""

from __future__ import annotations

from colorsys import hls_to_rgb
from io import BytesIO

from PIL import Image, ImageDraw

COLOURS = 12
LARGEST, USUAL = 600, 300  # pixels
MEDIA_TYPE = "image/png"

# Circles of the record: part of the edge, and how light they are.
_CIRCLES = (
    (0.86, 0.16),
    (0.80, 0.22),
    (0.68, 0.18),
    (0.64, 0.22),
    (0.52, 0.18),
    (0.48, 0.22),
    (0.34, 0.55),
    (0.05, 0.1),
)
_GROUND = 0.38
_FINER = 2  # times, so that edges are smooth


def drawn(colour: int, edge: int) -> bytes:
    """
    The picture, as PNG.

    :param colour: 0 to :data:`COLOURS` − 1.  :param edge: pixels.
    """
    width = edge * _FINER
    picture = Image.new("RGB", (width, width), _shade(colour, _GROUND))
    pen = ImageDraw.Draw(picture)
    for part, lightness in _CIRCLES:
        margin = width * (1 - part) / 2
        pen.ellipse((margin, margin, width - margin, width - margin), fill=_shade(colour, lightness))
    body = BytesIO()
    picture.resize((edge, edge), Image.Resampling.LANCZOS).save(body, "PNG")
    return body.getvalue()


def _shade(colour: int, lightness: float) -> tuple[int, int, int]:
    red, green, blue = hls_to_rgb(colour / COLOURS, lightness, 0.35)
    return round(red * 255), round(green * 255), round(blue * 255)
