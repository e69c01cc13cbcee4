"""``python -m fwtwisted.config > docs/settings.md``: print the page of settings."""

import sys

from fwtwisted.config.pages import settings_page

sys.stdout.write(settings_page())
