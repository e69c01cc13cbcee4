"""Tests of ``core.subsonic``."""
