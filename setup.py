"""fwtwisted is installed as a package, a console script and a plugin of twistd."""

from setuptools import setup

setup(
    packages=[
        "fwtwisted",
        "fwtwisted.cli",
        "fwtwisted.config",
        "fwtwisted.core",
        "fwtwisted.db",
        "fwtwisted.embedded",
        "fwtwisted.model",
        "fwtwisted.outside",
        "fwtwisted.web",
        "fwtwisted.wire",
        "twisted.plugins",
    ],
    package_data={
        "fwtwisted": ["page/*", "page/*/*", "py.typed"],
        "fwtwisted.db": ["schema/*.sql"],
        "twisted.plugins": ["fwtwisted_plugin.py"],
    },
    zip_safe=False,
)
