"""Rundtur: an offline-first learning portal. `create_app` wires the parts together and does nothing else."""

import hashlib
import hmac

import sqlalchemy as sa
from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings, from_environment
from server import commands, office, shell, starting
from server.foundation import access, errors, hosts, limits, shares
from server.foundation.database import db, engine_options, prepare_engine
from server.people import routes as people
from server.people import sessions, tickets
from server.reminders import address_routes, mail, sms
from server.reminders import routes as reminders
from server.reminders import unsubscribe_routes as unsubscribing
from server.reminders.push import Push
from server.reminders.tasks import Tasks, channels_of
from server.sync import desk, door, exchange
from server.sync import routes as sync
from server.sync.ceiling import DayCeiling
from server.sync.daily import do_daily
from server.sync.gather import Gathering
from server.sync.rounds import do_round


def create_app(settings: Settings | None = None) -> Flask:
    """The application with these settings (or the environment's). Raises starting.Unfit where it must not start."""
    settings = settings or from_environment()
    starting.check(settings)
    mail.check(settings)
    sms.check(settings)
    app = Flask("server", static_folder=None)
    secret = settings.secret_key or starting.secret_of(settings)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=secret,
        CURSOR_KEY=hmac.digest(secret.encode(), b"sync cursor", hashlib.sha256),
        SQLALCHEMY_DATABASE_URI=settings.url_of_database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.url_of_database, settings.zone, settings.check_in_months),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        COMPRESS_MIMETYPES=["application/json", "text/html", "application/manifest+json"],
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_MIN_SIZE=200,
        WTF_CSRF_TIME_LIMIT=None,
    )
    db.init_app(app)
    Compress(app)
    with app.app_context():
        prepare_engine(db.engine, settings.data / "writer.lock")
        starting.check_database(settings, db.engine)
        engine: sa.Engine = db.engine
    app.extensions["push"] = push = Push(settings)
    app.extensions["tasks"] = tasks = Tasks(
        settings, engine, channels_of(settings, secret, push), daily=do_daily, also=do_round
    )
    app.extensions["gathering"] = Gathering(lambda pushes: exchange.push_all(engine, pushes, tasks.nudge))
    app.extensions["day_ceiling"] = DayCeiling(settings.day_ceiling)
    for part in (hosts, access, shares, sessions, tickets, limits, desk):
        part.register(app)
    errors.register(app, office.error_page)
    shell.register(app)
    office.register(app)
    for feature in (people, reminders, address_routes, unsubscribing, sync):
        app.register_blueprint(feature.blueprint)
    commands.register(app)
    door.register(app)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    return app
