"""
Any script in plain ASCII, for names of files: the house's only door to the transliteration tables.

``집으로`` becomes ``jibeuro``, ``Жизнь`` becomes ``Zhizn'``.  Names made so end in database rows and on disks; what
is stored there never depends on these tables: newer ones only change names that are still to be made.
"""

from __future__ import annotations

import unicodedata

from unidecode import unidecode


def in_ascii(text: str) -> str:
    """
    The text spelled with ASCII characters; what has no spelling (half a surrogate, say) falls away.

    Letters in two parts are put together first, so that a name typed on a Mac (``e`` and its accent) and the
    same name typed elsewhere are spelled alike.
    """
    whole = unicodedata.normalize("NFC", text)
    return unidecode(whole.encode("utf-8", "ignore").decode("utf-8"))
