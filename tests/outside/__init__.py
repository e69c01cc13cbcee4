"""Tests of ``fwtwisted/outside/``."""
