"""The app's page at every address of the app, its worker, its manifest, health, and the API's description."""

import shutil

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, jsonify, render_template, send_from_directory

from config import ROOT
from server.foundation import assets, clock
from server.foundation.access import ANYONE, open_to
from server.foundation.database import db
from server.foundation.errors import Busy
from server.reminders.tasks import LATE_S, is_queue_away, lag_s

from .openapi import description

ROOM_LOW = 500_000_000
"""bytes: with less on the disk of the server's own data somebody should look, before nobody can write"""

blueprint = Blueprint("shell", __name__, template_folder="templates")


@blueprint.get("/")
@blueprint.get("/sign-in", endpoint="sign_in")
@blueprint.get("/sign-in/<path:place>", endpoint="sign_in_place")
@blueprint.get("/learn", endpoint="learn")
@blueprint.get("/learn/<path:place>", endpoint="learn_place")
@blueprint.get("/site", endpoint="site")
@blueprint.get("/site/<path:place>", endpoint="site_place")
@blueprint.get("/me", endpoint="me")
@blueprint.get("/me/<path:place>", endpoint="me_place")
@blueprint.get("/reminders/<path:place>", endpoint="reminders_place")
@blueprint.get("/receipts", endpoint="receipts")
@open_to(ANYONE)
def app_page(place: str = "") -> Response:
    """The same for everyone and at every address: it holds no name and no token, for it is kept on phones."""
    response = current_app.make_response(render_template("shell.html", names=assets.current()))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/sw.js")
@open_to(ANYONE)
def worker() -> Response:
    response = send_from_directory(assets.DIST, assets.current()["worker"], mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/manifest.webmanifest")
@open_to(ANYONE)
def manifest() -> Response:
    return send_from_directory(
        ROOT / "static", "manifest.webmanifest", mimetype="application/manifest+json", max_age=3600
    )


@blueprint.get("/health/live")
@open_to(ANYONE)
def live() -> Response:
    return jsonify(status="ok")


@blueprint.get("/health/ready")
@open_to(ANYONE)
def ready() -> Response:
    try:
        db.session.execute(sa.text("SELECT epoch FROM sync_epoch")).one()
    except sa.exc.SQLAlchemyError:
        raise Busy(retry_after_s=5) from None
    lag = lag_s(db.session.connection(), clock.now())
    is_late = lag is None or lag > LATE_S
    shares = {name: share.figures()._asdict() for name, share in current_app.extensions["shares"].items()}
    free = shutil.disk_usage(current_app.config["SETTINGS"].data).free
    return jsonify(
        status="late" if is_late else "ok", version=assets.current()["version"], lag_s=lag,
        is_queue_away=is_queue_away(db.session.connection()), is_room_low=free < ROOM_LOW, shares=shares,
    )  # fmt: skip


@blueprint.get("/api/openapi.json")
@open_to(ANYONE)
def openapi() -> Response:
    return jsonify(description(current_app))
