"""
What other servers tell us: taken in, kept, and had its effect in order.

::

    POST inbox ─▶ Intake: who signed? may they? ─▶ Ledger: one transaction for all that come together ─▶ 202
                                                        │ a job per host
                                                        ▼
                                        Queue ─▶ Follows Answers Content Removals Flags Likes

What is answered by 202 is in the database; what becomes of it nobody waits for.  Source: docs/federation.md §1.7, §4.
"""
