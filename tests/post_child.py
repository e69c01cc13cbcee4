"""A mail server in a process of its own, for tests without a reactor: prints its port, then a line for each letter."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet import reactor

from tests.post import Delivered, PostOffice


class TellingOffice(PostOffice):
    """Tells of every letter on standard output."""

    def take(self, letter: Delivered) -> None:
        """A letter arrived."""
        print(json.dumps({"to": letter.to, "subject": str(letter.message["Subject"]), "link": letter.link}), flush=True)


if __name__ == "__main__":
    loop: Any = reactor
    loop.callWhenRunning(lambda: print(TellingOffice(None).port, flush=True))
    loop.run()
