"""
What other servers are shown of this pod.

::

    papers ──── documents for whoever has ids: the pages here, the activities that go out
    showing ─── every GET below /federation, for the one who asks
    finding ─── who a handle or an address means: WebFinger
"""
