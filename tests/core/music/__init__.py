"""Tests of `fwtwisted.core.music`."""
