"""Tests of `fwtwisted.wire.subsonic`."""
