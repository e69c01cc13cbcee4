"""The ``fwtwisted`` command: a thin face over ``core``."""
