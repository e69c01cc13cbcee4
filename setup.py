"""fwtwisted is installed as a package, a console script and a plugin of twistd."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["fwtwisted", "fwtwisted.*"]), "twisted.plugins"],
    package_data={
        "fwtwisted": ["page/**/*", "py.typed"],
        "fwtwisted.db": ["schema/*.sql"],
        "twisted.plugins": ["fwtwisted_plugin.py"],
    },
    zip_safe=False,
)
