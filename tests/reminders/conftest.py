"""What reminders leave by: a push service on loopback, and a net of which the app knows only what the test says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask

from server.reminders.egress import Egress
from server.reminders.push import Push
from tests.cast import Actor, Clock
from tests.support.push_service import PushService, push_service
from tests.support.tls_host import Net

from .making import Post, a_phone_that_is_reminded, start


@pytest.fixture
def service(app: Flask, clock: Clock) -> Iterator[PushService]:
    """Where this test's phones subscribe, and the app pushes to."""
    with push_service(now=lambda: clock.now.timestamp()) as made:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], push_local=made.origin)
        app.extensions["push"] = Push(app.config["SETTINGS"])
        yield made


@pytest.fixture
def net(app: Flask, service: PushService) -> Net:
    """The names of the world, for the app."""
    made, settings = Net(None), app.config["SETTINGS"]
    app.extensions["push"] = Push(settings, Egress(settings, resolve=made.resolve, connect=made.connect))
    return made


NOON = datetime.fromisoformat("2026-11-25T11:00Z")


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def due(ada: Actor, clock: Clock) -> None:
    """At noon Ada has something to be reminded of, and a phone that is."""
    a_phone_that_is_reminded(ada, clock.now)
    start(clock.now.date(), "due")
    clock.now = NOON
