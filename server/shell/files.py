"""/content/<hash> and /media/<file>: published files, to people who may see an item that shows them."""

import re

from flask import Blueprint, Response, current_app, send_from_directory
from flask_login import current_user

from server.activities.present import travelled
from server.content.media import TYPES
from server.content.storing import is_visible
from server.foundation.access import PERSON, open_to
from server.foundation.database import db
from server.foundation.errors import NotFound
from server.people import belonging

blueprint = Blueprint("files", __name__)

_HASH = re.compile(r"[0-9a-f]{64}")
PRIVATE = "private, max-age=31536000, immutable"


@blueprint.get("/content/<digest>")
@open_to(PERSON)
def document(digest: str) -> Response:
    return _file("content", digest, ".json", "application/json")


@blueprint.get("/media/<name>")
@open_to(PERSON)
def medium(name: str) -> Response:
    digest, dot, ending = name.partition(".")
    if dot + ending not in TYPES:
        raise NotFound
    return _file("media", digest, dot + ending, TYPES[dot + ending])


def _file(folder: str, digest: str, ending: str, type_: str) -> Response:
    if not _HASH.fullmatch(digest):
        raise NotFound
    connection = db.session.connection()
    units = belonging.unit_ids(connection, [current_user.id]).get(current_user.id, set())
    if not is_visible(db.session(), digest, ending, units, travelled(connection, current_user.id)):
        raise NotFound
    where = current_app.config["SETTINGS"].data / folder
    response = send_from_directory(where, f"{digest}{ending}", mimetype=type_, conditional=True, etag=digest)
    response.headers["Cache-Control"] = PRIVATE
    if ending == ".svg":
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
