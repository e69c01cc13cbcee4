"""
What other servers are shown of this pod.

::

    gate ────── who asks, and may they
    showcase ── every document below /federation/actors and /federation/music, for the one who asks
    indexes ─── what is found without a link
    finding ─── whom a handle or a page means
    papers ──── documents for whoever has ids: these here, and the activities that go out
"""
