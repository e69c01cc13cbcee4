"""Everything of the Subsonic core, built once."""

from __future__ import annotations

from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.signin import SignIn
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.pod.limits import Limits
from fwtwisted.core.subsonic.hearing import Hearing, HearingSettings
from fwtwisted.core.subsonic.lists import Lists
from fwtwisted.core.subsonic.login import SubsonicLogin
from fwtwisted.core.subsonic.sights import Sights
from fwtwisted.db.pool import Database
from fwtwisted.model.people import Pod
from fwtwisted.wire.subsonic.documents import Articles, Paper


class SubsonicRoom:
    """
    What the Subsonic face is made of.

    :param public_url: where the pod is reached.
    """

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        orders: Orders,
        signin: SignIn,
        seal: SubsonicSeal,
        limits: Limits,
        pod: Pod,
        public_url: str,
    ) -> None:
        self.paper = Paper(public_url, Articles())
        self.login = SubsonicLogin(database, signin, seal, limits)
        self.sights = Sights(database, visibility, pod.domain)
        self.hearing = Hearing(database, self.paper, HearingSettings())
        self.lists = Lists(database, orders)
