"""Tests of `fwtwisted.core.fediverse`."""
