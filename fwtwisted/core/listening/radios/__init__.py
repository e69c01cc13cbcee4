"""
Radios: music that goes on without end.

A kind of radio, or filters that somebody put together, mean a set of tracks (``db/listening/radio_candidates.py``).
The set is computed whole once, as ids, and kept for as long as the catalog does not change (``core/music/orders.py``);
what comes next is drawn from it in memory.  So the next track costs the same at 20,000 tracks as at twenty, and in a
session of a thousand tracks as in a fresh one.

::

    kinds.py    what a kind of radio means for a listener       → Choice
    pools.py    the ids of a choice, kept                       → candidates, in order where there is one
    drawing.py  which of them come next
    sessions.py who listens; next tracks, none of them twice
    own.py      radios that people make, and trying filters out

Source: docs/api.md §4.13.
"""
