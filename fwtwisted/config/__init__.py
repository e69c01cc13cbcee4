"""
Configuration: what people set, read once, and the settings of each part that follow from it.

``table`` says what can be set, ``forms`` how values are written, ``envfile`` how a file is read, ``reading`` puts
environment and file together, ``rules`` decides what they add up to, ``values`` says what that is.
"""

from fwtwisted.config.reading import Reading, Shown, read_config
from fwtwisted.config.secret_key import kept_secret_key
from fwtwisted.config.values import Config, ConfigError

__all__ = ["Config", "ConfigError", "Reading", "Shown", "kept_secret_key", "read_config"]
