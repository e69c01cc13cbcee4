"""Makes ``twistd funkwhale`` known."""

from twisted.application.service import ServiceMaker

funkwhale = ServiceMaker("fwtwisted", "fwtwisted.tap", "A federated audio server", "funkwhale")
