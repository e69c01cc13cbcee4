"""The Subsonic face, `/rest` and `/api/subsonic/rest`: one module for each area of calls (docs/subsonic.md §8)."""
