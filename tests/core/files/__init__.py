"""Tests of `fwtwisted.core.files`."""
