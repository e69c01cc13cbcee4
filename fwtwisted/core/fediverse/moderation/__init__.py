"""Moderation in the path of federation: who is shut out, who is silenced, and what is removed when they are."""
