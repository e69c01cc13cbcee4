"""Tests of `fwtwisted.web.subsonic`."""
