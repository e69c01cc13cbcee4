"""The tests mirror the tree of ``fwtwisted/``; ``servers.py`` starts the real servers that they talk to."""
