"""
What we tell other servers: what happened here, to whom, and bringing it there.

::

    something happens ──▶ announcing ──▶ outbox: one row an activity, one body a kind of peer, one delivery an inbox
    (in its transaction)      │ job                            │ after the commit
                              └──▶ telling: documents          └──▶ delivering: per host, in order, again and again
"""
