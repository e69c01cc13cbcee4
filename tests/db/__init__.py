"""Tests of ``fwtwisted/db/``."""
