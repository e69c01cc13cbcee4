"""Tests of the keys that our actors sign with, and of those that prove who speaks to us."""
