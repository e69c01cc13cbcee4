"""Plugins (§4.18)."""

from __future__ import annotations

from fwtwisted.model.plugins import FieldKind
from fwtwisted.wire.schema import ADDRESS, FLAG, TEXT, choice, listed, mapped, maybe, named, partly, sent, told

FIELD = partly(
    told(name=TEXT, type=choice(FieldKind), label=TEXT),
    help=TEXT,
    default=FLAG,
    required=FLAG,
    allow_null=FLAG,
    allow_blank=FLAG,
)
PLUGIN = named(
    "Plugin",
    told(
        name=TEXT,
        label=TEXT,
        description=TEXT,
        user=FLAG,
        source=FLAG,
        conf=listed(FIELD),
        values=maybe(mapped({"type": ["string", "boolean", "null"]})),
        enabled=FLAG,
        homepage=ADDRESS,
    ),
)
PLUGINS = named("Plugins", listed(PLUGIN))
CONF = named("PluginConf", sent())
