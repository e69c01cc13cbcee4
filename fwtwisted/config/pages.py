"""``docs/settings.md``: the tables of settings as a page for people."""

from __future__ import annotations

import json
from typing import Final

from fwtwisted.config.rules import USUAL_RATES
from fwtwisted.config.table import SECTIONS, Section, Setting
from fwtwisted.model.preferences import TABLE, Kind, Preference

HEAD: Final = """\
# Settings

<!-- Made from fwtwisted/config/table.py by `python -m fwtwisted.config`; change it there. -->

Settings come from the environment and from one file; the environment wins. The file is the one that `--env-file`
names, else the one that `ENV_FILE` names, else `.env` in the working directory. **None is needed to begin:** without
any, the server keeps everything in its data folder (`--data DIR`, by default `./data`), runs a private PostgreSQL
there, makes its secret key at the first start, and answers at <http://localhost:5000>.

- Empty means unset. A setting that is empty in the environment is unset even when the file has it.
- The file holds `NAME=value` lines and is read as systemd reads an `EnvironmentFile`. Where Docker Compose would read
  something else (`#` behind a value, backslashes, `$NAME`), the start warns; single quotes mean the same to both.
- Names are those of Funkwhale; an old settings file goes on working. *(own)* marks our additions.
- *(secret)* settings are never shown or logged, and may be given as `NAME_FILE` too: the path of a file that holds
  the value.
- A value that cannot work, or two that cannot be at once, end the start with one sentence and exit status 78. Names
  that look like settings and are none are told in one line, and ignored.
- `fwtwisted config show` prints what is in force, `fwtwisted config check` tries it.

| form | how it is written |
|---|---|
| bool | `true`, `1`, `yes`, `on`; `false`, `0`, `no`, `off` |
| list | `one,two,three` |
| dict | `key=value,key=value` |
| size | bytes, or with `k`, `m`, `g`, `t` (1024): `100m` |
| time | seconds, or with `s`, `m`, `h`, `d`, `y`: `48h` |

Choose `FUNKWHALE_HOSTNAME` before the first upload: it is part of every id that other pods and apps remember. Until it
is set, the pod calls itself `localhost`, wherever it listens, speaks `http`, and answers to `localhost`, `127.0.0.1`
and `[::1]` only; `DJANGO_ALLOWED_HOSTS` admits other names, such as that of a machine at home.

One default differs from Funkwhale's on purpose. With no web server before us (`REVERSE_PROXY_TYPE` unset, which means
`direct`), an upload may have 2 GiB: there is no second limit to keep in step with. Behind nginx or Apache it is the
usual 100 MiB, or what `NGINX_MAX_BODY_SIZE` says.
"""


RATES_HEAD: Final = """\
## Usual rates

Counted per account, or per address of who has none (an IPv6 address by its /64), by all processes together where there
is a `CACHE_URL`; `THROTTLING_RATES` changes them. So many may come at once; what was used comes back evenly over the
time, so that nobody who asks too often waits longer than it takes for one more. Over the limit: status 429 and
`Retry-After`; every answer tells in `X-RateLimit-…` headers what is left. Not counted: media, the page, WebSockets,
health. `login` counts each name at an address by itself, and five times as many names of one address; `subsonic` is
higher than Funkwhale's, because apps fetch whole collections.
"""

PREFERENCES_HEAD: Final = """\
## Instance settings

What administrators change while the pod runs, over `/api/v1/instance/admin/settings/` ([api.md](api.md) §4.1). Kept in
the database; a change is in force everywhere within five seconds. *(public)* ones are shown to everybody.
"""

KINDS: Final = {
    Kind.SWITCH: "bool",
    Kind.NUMBER: "whole number",
    Kind.LINE: "line",
    Kind.TEXT: "text",
    Kind.CHOICE: "one choice",
    Kind.CHOICES: "choices",
    Kind.FORM: "object",
    Kind.IMAGE: "picture",
}


def settings_page() -> str:
    """The whole page."""
    sections = (_section(section) for section in SECTIONS)
    return "\n".join((HEAD, *sections, _rates(), _preferences())).rstrip("\n") + "\n"


def _rates() -> str:
    """The table of rate limits."""
    rows = [f"| `{scope}` | {rate} |" for scope, rate in sorted(USUAL_RATES.items())]
    return "\n".join((RATES_HEAD, "| scope | rate |", "|---|---|", *rows, ""))


def _preferences() -> str:
    """The table of instance settings."""
    rows = [_preference(preference) for preference in TABLE]
    return "\n".join((PREFERENCES_HEAD, "| identifier | kind | default | meaning |", "|---|---|---|---|", *rows, ""))


def _preference(preference: Preference) -> str:
    mark = " *(public)*" if preference.is_public else ""
    default = f"`{json.dumps(preference.default)}`" if preference.default not in ("", None) else "empty"
    words = f"{preference.verbose_name}: {preference.help_text}"
    return f"| `{preference.identifier}`{mark} | {KINDS[preference.kind]} | {default} | {words} |"


def _section(section: Section) -> str:
    used = [row for row in section.rows if not row.ignored]
    lines = [f"## {section.title}", ""]
    if used:
        lines += ["| name | form | default | meaning |", "|---|---|---|---|", *(_row(row) for row in used), ""]
    lines += _ignored(section)
    return "\n".join(lines)


def _row(row: Setting) -> str:
    marks = "".join(f" *({word})*" for word, holds in (("own", row.own), ("secret", row.secret)) if holds)
    default = row.unset or (f"`{row.default}`" if row.default else "empty")
    return f"| `{row.name}`{marks} | {row.form.name} | {default} | {row.help} |"


def _ignored(section: Section) -> list[str]:
    """The accepted and ignored rows, gathered by their reason."""
    names: dict[str, list[str]] = {}
    for row in section.rows:
        if row.ignored:
            names.setdefault(row.ignored, []).append(f"`{row.name}`")
    if not names:
        return []
    told = [f"- {', '.join(group)}: {why}." for why, group in names.items()]
    return ["Accepted, without effect:", "", *told, ""]
