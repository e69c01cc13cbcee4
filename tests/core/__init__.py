"""Tests of ``fwtwisted/core/``."""
