"""fwtwisted is installed as a package, a console script and a plugin of twistd."""

from setuptools import find_namespace_packages, setup

setup(
    # Folders of the page and of the schema hold no Python, yet to setuptools they are packages.
    packages=find_namespace_packages(include=["fwtwisted", "fwtwisted.*", "twisted.plugins"]),
    package_data={"": ["*.css", "*.html", "*.js", "*.json", "*.png", "*.sql", "*.svg", "py.typed"]},
    zip_safe=False,
)
