"""Tests of `fwtwisted.web.v1`."""
