"""
The licences that we know by name, and how one is recognised in what people write into their tags.

Four compact tables (versions, terms, ports, the odd ones out) make the whole list.  Codes and identifiers are those
that Funkwhale pods exchange (docs/api.md §4.10): ``cc-by-sa-4.0``, ``cc-by-sa-3.0-de``, ``cc0-1.0``, ``LAL-1.3``.
Which port exists in which version follows the published list of Creative Commons; 4.0 has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from attrs import frozen

# Read this much of a text at most when looking for a licence in it; what names a licence does so early.
LONGEST_TEXT = 5000


@frozen
class License:
    """
    One licence and what it allows.

    :ivar code: the short name that tracks carry.
    :ivar url: where people read it.
    :ivar redistribute: copies may be passed on.
    :ivar derivative: changed versions may be passed on.
    :ivar commercial: also for money.
    :ivar attribution: the author must be named.
    :ivar copyleft: changed versions must carry the same licence.
    """

    code: str
    name: str
    url: str
    redistribute: bool
    derivative: bool
    commercial: bool
    attribution: bool
    copyleft: bool

    @property
    def id(self) -> str:
        """The canonical URI; with ``http``, as it stands in the tags of files."""
        return "http" + self.url.removeprefix("https")


TERMS = {"nc": "NonCommercial", "sa": "ShareAlike", "nd": "NoDerivatives"}
KINDS = ("by", "by-nc", "by-nc-nd", "by-nc-sa", "by-nd", "by-sa")
SCOPE = {"1.0": "Generic", "2.0": "Generic", "2.5": "Generic", "3.0": "Unported", "4.0": "International"}
PORTS = {
    "1.0": "fi il nl",
    "2.0": "at au be br ca cl de es fr hr it jp kr nl pl tw uk za",
    "2.1": "au es jp",
    "2.5": "ar au bg br ca ch cn co dk es hr hu il in it mk mt mx my nl pe pl pt scotland se si tw za",
    "3.0": "at au br ch cl cn cr cz de ec ee eg es fr gr gt hk hr ie igo it lu nl no nz ph pl pr pt ro rs sg th tw "
    "ug us ve vn za",
}
PLACES = {
    "ar": "Argentina", "at": "Austria", "au": "Australia", "be": "Belgium", "bg": "Bulgaria", "br": "Brazil",
    "ca": "Canada", "ch": "Switzerland", "cl": "Chile", "cn": "China Mainland", "co": "Colombia", "cr": "Costa Rica",
    "cz": "Czech Republic", "de": "Germany", "dk": "Denmark", "ec": "Ecuador", "ee": "Estonia", "eg": "Egypt",
    "es": "Spain", "fi": "Finland", "fr": "France", "gr": "Greece", "gt": "Guatemala", "hk": "Hong Kong",
    "hr": "Croatia", "hu": "Hungary", "ie": "Ireland", "igo": "IGO", "il": "Israel", "in": "India", "it": "Italy",
    "jp": "Japan", "kr": "South Korea", "lu": "Luxembourg", "mk": "North Macedonia", "mt": "Malta", "mx": "Mexico",
    "my": "Malaysia", "nl": "Netherlands", "no": "Norway", "nz": "New Zealand", "pe": "Peru", "ph": "Philippines",
    "pl": "Poland", "pr": "Puerto Rico", "pt": "Portugal", "ro": "Romania", "rs": "Serbia", "scotland": "Scotland",
    "se": "Sweden", "sg": "Singapore", "si": "Slovenia", "th": "Thailand", "tw": "Taiwan", "ug": "Uganda",
    "uk": "England and Wales", "us": "United States", "ve": "Venezuela", "vn": "Vietnam", "za": "South Africa",
}  # fmt: skip


def _commons(kind: str, version: str, port: str | None) -> License:
    """One of the six Creative Commons licences, in one version, for one country or for all."""
    terms = kind.split("-")[1:]
    words = "-".join(["Attribution", *(TERMS[term] for term in terms)])
    return License(
        code="-".join(filter(None, ("cc", kind, version, port))),
        name=f"Creative Commons {words} {version} {PLACES[port] if port else SCOPE[version]}",
        url=f"https://creativecommons.org/licenses/{kind}/{version}/" + (f"{port}/" if port else ""),
        redistribute=True,
        derivative="nd" not in terms,
        commercial="nc" not in terms,
        attribution=True,
        copyleft="sa" in terms,
    )


def _free(code: str, name: str, url: str) -> License:
    """A work that belongs to everybody: nothing is asked for."""
    return License(code, name, url, True, True, True, attribution=False, copyleft=False)


def _art(version: str, page: str) -> License:
    """The Free Art License (Licence Art Libre)."""
    url = f"https://artlibre.org/licence/lal/{page}"
    return License(f"LAL-{version}", f"Licence Art Libre {version}", url, True, True, True, True, True)


def _all() -> Iterator[License]:
    yield _free("cc0-1.0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/")
    yield _free("cc-pdm-1.0", "Public Domain Mark 1.0", "https://creativecommons.org/publicdomain/mark/1.0/")
    yield _free("cc-pddc", "Public Domain Dedication", "https://creativecommons.org/licenses/publicdomain/")
    yield _art("1.1", "licence-art-libre-11/")
    yield _art("1.2", "licence-art-libre-12/")
    yield _art("1.3", "")
    for kind in KINDS:
        for version in SCOPE:
            yield _commons(kind, version, None)
        for version, ports in PORTS.items():
            for port in ports.split():
                yield _commons(kind, version, port)


LICENSES: Mapping[str, License] = MappingProxyType(
    {found.code: found for found in sorted(_all(), key=lambda one: one.code)}
)

_BY_PLACE = {found.url.removeprefix("https://").rstrip("/"): found.code for found in LICENSES.values()}
# Addresses that mean the same: the first version put its terms in another order, and pages exist in other languages.
_ALIASES = {
    "artlibre.org": "LAL-1.3",
    "artlibre.org/licence/lal/en": "LAL-1.3",
    "artlibre.org/licence/lal/licence-art-libre-13": "LAL-1.3",
    "creativecommons.org/licenses/by-nd-nc/1.0": "cc-by-nc-nd-1.0",
    "creativecommons.org/licenses/zero/1.0": "cc0-1.0",
    **{f"creativecommons.org/licenses/by-nd-nc/1.0/{port}": f"cc-by-nc-nd-1.0-{port}" for port in PORTS["1.0"].split()},
    "creativecommons.org/licenses/by-nd-nc/2.0/jp": "cc-by-nc-nd-2.0-jp",
}
_KNOWN = _BY_PLACE | _ALIASES

_ADDRESS = re.compile(r"(?:creativecommons|artlibre)\.org(?:/[a-z0-9./_+-]*)?", re.IGNORECASE)
# Parts of an address that choose a language or a rendering of the same licence.
_RENDERING = re.compile(r"/(?:deed|legalcode|rdf)(?:[.-][a-z_-]+)?$")


def license_in(text: str | None) -> str | None:
    """
    The code of the first known licence whose address stands anywhere in ``text``; None when there is none.

    Scheme, ``www.``, case, a trailing slash or full stop, and the page's language do not matter.
    Source: docs/api.md §7, licence and copyright tags are matched against known addresses.
    """
    for found in _ADDRESS.finditer((text or "")[:LONGEST_TEXT]):
        place = _RENDERING.sub("", found[0].lower().rstrip("./-_+"))
        if code := _KNOWN.get(place):
            return code
    return None
