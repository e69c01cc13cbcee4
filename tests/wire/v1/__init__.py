"""Tests of `fwtwisted.wire.v1`."""
