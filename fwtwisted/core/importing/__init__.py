"""
The import of music: from files to artists, albums and tracks.

::

    AudioFile ──▶ filing ──▶ covers ──▶ settling ──▶ upload rows
    (its tags)    what it     pictures   who and what is known,
                  is filed    stored     what is new, what is double:
                  as          first      many files in one transaction

``filing`` is pure: tags and the owner's own words in, a :class:`Filing` or a :class:`Refused` out.  ``settling`` finds
or makes everything that a batch of filings names, in a handful of statements however many they are, and under one lock
of the whole pod: two importers never make doubles and never wait for each other in a circle.  One file or five hundred:
it is the same way, whether the file came by the web or lies in a folder.

Source: docs/api.md §7.
"""
