"""
Podcasts and channels: people who publish, who follows them, and feeds that other servers publish.

::

    channels ───── made, changed, listed, removed      an actor, its artist, its library: one transaction
    subscriptions  who follows which                   the visibility of private feeds hangs on it
    publishing ─── an upload of a channel is filed     what its owner says counts, what the file says does not
    series ─────── albums of a channel; removal of works
    syndication ── our channels as RSS, for directories and podcast apps
    feeds ──────── feeds from outside: subscribed to, read, and asked again politely

A feed from outside becomes a channel whose owner is our service actor and whose episodes are uploads without a file,
``source`` being the address of the audio.  Nothing else in the house needs to know that such channels exist.

Source: docs/api.md §4.15.
"""
