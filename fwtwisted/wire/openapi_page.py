"""
A description of an API as a page for people: operations by area, what they take, what they answer.

One HTML document without scripts and without anything from elsewhere; it follows the reader's choice of light or dark.
Names of schemas lead to where they are written out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import orjson

from fwtwisted.wire.v1 import Document

STYLE: Final = """
:root { color-scheme: light dark; --paper: light-dark(#f6f6f4, #121314); --sheet: light-dark(#fff, #1a1c1e);
  --ink: light-dark(#17181a, #eeeeec); --soft: light-dark(#5d6167, #a2a6ab); --line: light-dark(#e2e2df, #2b2e31);
  --live: light-dark(#bd3a28, #ff7f6b); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 6rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { margin: 3rem 0 .25rem; font-size: 1.25rem; }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
p, .soft { color: var(--soft); } a { color: var(--live); } nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: 8px; background: var(--sheet); }
summary { padding: .5rem .8rem; cursor: pointer; overflow-wrap: anywhere; }
details > div { padding: 0 .8rem .8rem; border-top: 1px solid var(--line); }
code, pre { font: .88em/1.5 ui-monospace, monospace; } pre { overflow-x: auto; margin: 0; }
b { display: inline-block; min-width: 4.2em; font: 600 .8em/1 ui-monospace, monospace; color: var(--live); }
table { width: 100%; border-collapse: collapse; } td { padding: .25rem .5rem .25rem 0; vertical-align: top; }
td:first-child { width: 13rem; overflow-wrap: anywhere; }
"""

_REFERENCE = "#/components/schemas/"
_REFERRED = re.compile(r"\{\s*&quot;\$ref&quot;: &quot;#/components/schemas/(\w+)&quot;\s*\}")
METHODS: Final = ("get", "post", "put", "patch", "delete")


def written(description: Document, address: str) -> str:
    """
    The page.

    :param address: where the description itself is found.
    """
    info = description["info"]
    areas = [(one, _anchor(one["name"])) for one in description["tags"]]
    links = "".join(f'<a href="#{anchor}">{escape(area["name"])}</a>' for area, anchor in areas)
    parts = "".join(_area(description, area, anchor) for area, anchor in areas)
    shapes = "".join(_shape(name, schema) for name, schema in description["components"]["schemas"].items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])} For programs, the same as "
        f'<a href="{escape(address)}">OpenAPI {escape(description["openapi"])}</a>.</p>'
        f'<nav>{links}<a href="#shapes">Documents</a></nav><main>{parts}'
        f'<h2 id="shapes">Documents</h2><p>As JSON Schema.</p>{shapes}</main>'
    )


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def _area(description: Document, area: Document, anchor: str) -> str:
    operations = "".join(
        _operation(path, method, item[method], item["parameters"])
        for path, item in description["paths"].items()
        for method in METHODS
        if method in item and area["name"] in item[method]["tags"]
    )
    return f'<h2 id="{anchor}">{escape(area["name"])}</h2><p>{_prose(area["description"])}</p>{operations}'


def _operation(path: str, method: str, operation: Document, variables: list[Document]) -> str:
    rows = [*variables, *operation.get("parameters", ())]
    taken = "".join(_row(_marked(one), f"{_prose(one.get('description', ''))} {_kind(one['schema'])}") for one in rows)
    answers = "".join(
        _row(status, f"{_prose(one['description'])} {_content(one)}") for status, one in operation["responses"].items()
    )
    body = operation.get("requestBody")
    return (
        f'<details id="{operation["operationId"]}"><summary><b>{method.upper()}</b><code>{escape(path)}</code> '
        f'<span class="soft">{escape(operation["summary"])}</span></summary><div>'
        f"<p>{_prose(operation.get('description', ''))} {_who(operation['security'])}</p>"
        + (f"<h3>Takes</h3><table>{taken}</table>" if taken else "")
        + (f"<h3>Body</h3><p>{_content(body)}</p>" if body else "")
        + f"<h3>Answers</h3><table>{answers}</table></div></details>"
    )


def _row(name: str, text: str) -> str:
    return f"<tr><td><code>{escape(name)}</code><td>{text}"


def _marked(parameter: Document) -> str:
    return f"{parameter['name']}{' *' if parameter.get('required') else ''}"


def _prose(text: str) -> str:
    """A sentence; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _who(ways: list[Mapping[str, list[str]]]) -> str:
    """Who may, in words."""
    if not ways:
        return ""
    scopes = " ".join(f"<code>{escape(scope)}</code>" for way in ways for scope in way.get("oauth", ()))
    names = {name for way in ways for name in way}
    if "oauth" not in names:
        return "By session or password only."
    nobody = " Visitors may, where the pod lets them." if {} in ways else ""
    return f"{f'With the scope {scopes}.' if scopes else 'With an account.'}{nobody}"


def _content(holder: Document) -> str:
    """What a body or an answer may be."""
    by_schema: dict[str, list[str]] = {}
    for media_type, one in holder.get("content", {}).items():
        by_schema.setdefault(_kind(one["schema"]), []).append(f"<code>{escape(media_type)}</code>")
    return "; ".join(f"{schema} as {', '.join(types)}" for schema, types in by_schema.items())


def _kind(schema: Any) -> str:
    """A schema in a few words, with a link where it has a name."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    named = schema.get("format") or schema.get("type", "anything")
    return f'<span class="soft">{escape(named if isinstance(named, str) else " or ".join(named))}</span>'


def _shape(name: str, schema: Document) -> str:
    text = escape(orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode())
    linked = _REFERRED.sub(r'<a href="#\1">\1</a>', text)
    return f'<details id="{name}"><summary><code>{name}</code></summary><div><pre>{linked}</pre></div></details>'
