"""Tests of `fwtwisted.core.pod`."""
