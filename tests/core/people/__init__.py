"""Tests of `fwtwisted.core.people`."""
