"""Tests of `fwtwisted.core.listening.history`."""
