"""
What is elsewhere, brought here: people, their libraries and channels, and the music in them.

::

    a document ──▶ wire.activitypub.reading ──▶ who may say so? ──▶ rows
    that came of     what it says: a value        its own server,      found by MusicBrainz ids, then by id,
    a fetch, or      or Invalid                   its own author       else new; a page at a time
    to an inbox

Nothing of ours is ever taken from a foreign document, and nothing of a third server's but from that server itself.
Pictures and audio are only noted here; whoever looks or listens has them fetched.  Source: docs/federation.md §5, §8.4.
"""
