"""
What a password must be to be taken: long enough, not only digits, not common, not its owner's name.

Source: docs/api.md §4.2, "Password"; docs/settings.md, ``PASSWORD_MIN_LENGTH``, ``DISABLE_PASSWORD_VALIDATORS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from attrs import frozen

TOO_SIMILAR = 0.7  # of all letters, in the same order
SHORTEST_WORD = 4  # shorter parts of a name are alike by chance

# In lower case; each also with up to three digits behind it.
_COMMON = """
    000000 111111 112233 121212 123123 123321 1234 12345 123456 1234567 12345678 123456789 1234567890 123qwe 131313
    147258369 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz 1qaz2wsx 222222 555555 654321 666666 696969 777777 789456123 87654321
    888888 987654321 999999 a1b2c3 a1b2c3d4 aa123456 aaaaaa aaaaaaaa abc123 abcd1234 abcdef abcdefg abcdefgh access
    accessdenied admin administrator alexander amanda andrea andrew angel anthony apple asdf asdf1234 asdfasdf asdfgh
    asdfghjk asdfghjkl ashley austin babygirl bailey banana baseball basketball batman beautiful biteme blink
    bluebird bonjour buster butterfly changeme charlie cheese chelsea chicken chocolate computer cookie corvette
    cowboy dallas daniel default diamond dolphin donald dragon eminem fluffy football forever freedom friends
    fuckyou funkwhale garfield gateway george ginger google guest hallo hannah harley hello helloworld hockey hunter
    iloveu iloveyou internet jackson jasmine jennifer jessica jesus jonathan jordan joshua justin killer klaster
    kristina letmein liverpool login london lovely loveme lovers maggie manchester martin master matrix matthew
    maverick merlin michael michelle midnight monkey monster morgan mother music mustang mypassword naruto nicole
    ninja nothing oliver orange p@ssw0rd p@ssword pa55w0rd pa55word passw0rd passwort password pepper phoenix pokemon
    princess purple qazwsx qazwsxedc qwer1234 qwerasdf qwert qwerty qwertyui qwertyuiop qwertz rainbow robert samantha
    samsung scooter secret secret1 shadow silver slipknot snoopy soccer spiderman starwars steelers summer sunflower
    sunshine superman superuser sweety taylor tennis test testing testtest thomas thunder tigger toyota trustno1
    victoria welcome whatever whatsup william winner winter wizard yankees zaq12wsx zxcvbn zxcvbnm
"""
COMMON_PASSWORDS = frozenset(_COMMON.split())
TRAILING = re.compile(r"[0-9]{1,3}$")


@frozen
class PasswordRules:
    """What is asked of a password.  :ivar enforced: False: any password will do.  :ivar min_length: characters."""

    enforced: bool = True
    min_length: int = 8

    def problems(self, password: str, username: str, email: str) -> list[str]:
        """What is wrong with the password, for the person who chose it; nothing when it will do."""
        return list(self._problems(password, username, email)) if self.enforced else []

    def _problems(self, password: str, username: str, email: str) -> Iterator[str]:
        if len(password) < self.min_length:
            yield f"This password is too short. It must contain at least {self.min_length} characters."
        for name, value in (("username", username), ("email address", email)):
            if _alike(password.lower(), _words(value.lower())):
                yield f"The password is too similar to the {name}."
        if _is_common(password.lower()):
            yield "This password is too common."
        if password.isdigit():
            yield "This password is entirely numeric."


def _words(value: str) -> Iterable[str]:
    """The whole value and its parts."""
    return [word for word in (value, *re.split(r"[\W_]+", value)) if len(word) >= SHORTEST_WORD]


def _alike(password: str, words: Iterable[str]) -> bool:
    """Whether the password is one of the words with little added or changed."""
    comparable = (word for word in words if len(password) <= 3 * len(word))
    return any(SequenceMatcher(None, password, word, autojunk=False).ratio() >= TOO_SIMILAR for word in comparable)


def _is_common(password: str) -> bool:
    return password in COMMON_PASSWORDS or TRAILING.sub("", password) in COMMON_PASSWORDS
