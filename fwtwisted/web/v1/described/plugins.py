"""Telling services elsewhere: ``plugins``."""

from __future__ import annotations

from fwtwisted.wire.openapi import SWITCHED_OFF, Area, Operation, gone, ok, scoped
from fwtwisted.wire.schema import told
from fwtwisted.wire.v1.shapes import plugins as shapes

PLUGINS = scoped("plugins")

AREA = Area(
    "Plugins",
    "What somebody listens to, told to services elsewhere.",
    {
        "/api/v1/plugins/": {"GET": Operation("All plugins, with what the caller set", PLUGINS, [ok(shapes.PLUGINS)])},
        "/api/v1/plugins/<name>/": {
            "GET": Operation("One of them", PLUGINS, [ok(shapes.PLUGIN)]),
            "POST": Operation("Say with what it works", PLUGINS, [ok(shapes.PLUGIN)], body=shapes.CONF),
            "DELETE": Operation("Switch it off, and keep nothing", PLUGINS, [gone()]),
        },
        "/api/v1/plugins/<name>/enable/": {"POST": Operation("Switch it on", PLUGINS, [ok(told())])},
        "/api/v1/plugins/<name>/disable/": {"POST": Operation("Switch it off", PLUGINS, [ok(told())])},
        "/api/v1/plugins/<name>/scan/": {
            "POST": Operation("Ask it for music; none brings any", PLUGINS, [SWITCHED_OFF])
        },
    },
)
