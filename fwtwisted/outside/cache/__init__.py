"""
The disk cache for media in an object store: what somebody listened to is here for the next listener.

::

    a listener ─▶ source ─▶ reading ─▶ entry ── whole and trusted ─────────▶ the kernel sends the file
    (ffmpeg ─▶ origin ──────▶)           │
                                         ├── a slice is here ──────────────▶ checked once, read
                                         ├── a slice is on its way ────────▶ read as it comes, by all who want it
                                         └── nobody has it ── a flight ────▶ fetched, written, journalled
    in trouble (full, read-only, broken): past it all, straight from the store

Five promises, and what keeps them:

1. *Nothing wrong is ever served.*  Every slice has a digest in the journal, written after the slice is on the disk, and
   is checked when a process meets it for the first time.  Slices of an entry are pinned to one tag of the store's.  A
   whole is held against the SHA-256 that the database knows before its last bytes go out.
2. *Nothing is fetched twice at once.*  In a process by the entry's runs, between processes by locks on slices.
3. *Nobody waits for anybody slower.*  What is fetched goes into the file as fast as it comes, and listeners read files.
4. *Crashes cost nothing.*  Folders appear and vanish by a rename, journals only grow, torn lines are no lines.
5. *It stays small.*  All processes count into one number; who goes beyond it makes room, the longest unused first.

The cache knows nothing of users: who may hear what is decided before (S-20).

Source: docs/storage.md §7.
"""
