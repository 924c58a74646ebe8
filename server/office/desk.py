"""What all pages of the office share: the blueprint, the token of its forms, and the fresh sign-in that it asks for."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from server.foundation import assets, clock
from server.foundation.errors import SignInNeeded

DESK = ("coordinator", "manager", "administrator")
"""Who has people to look after."""
TOURS = ("guide", "coordinator")
"""Who has departures to look after."""
REMINDING = ("coordinator", "administrator")
"""Who looks after reminders."""

blueprint = Blueprint("office", __name__, url_prefix="/office", template_folder="templates")
_csrf = CSRFProtect()


def protect_forms(app: Flask) -> None:
    """Every form of the office carries a token; the rest of the product is guarded by foundation.access."""
    has_https = app.config["SETTINGS"].has_https
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=False,  # it asks for a Referer, and our pages send none (Referrer-Policy)
        SESSION_COOKIE_NAME="__Host-office" if has_https else "office",
        SESSION_COOKIE_SECURE=has_https,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    _csrf.init_app(app)


@blueprint.before_request
def admit() -> None:
    """A form without its token is refused; a sign-in of yesterday is asked for again."""
    _csrf.protect()
    is_known = current_user.is_authenticated
    is_signing = (request.endpoint or "").startswith("office.sign_")
    if is_known and not is_signing and current_user.signed_in_at < _oldest():
        raise SignInNeeded


def _oldest() -> datetime:
    return clock.now() - timedelta(hours=current_app.config["SETTINGS"].office_hours)


@blueprint.errorhandler(SignInNeeded)
def ask_to_sign_in(_: SignInNeeded) -> Response:
    asked = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("office.sign_in", next=asked), 303)


@blueprint.context_processor
def frame() -> dict[str, Any]:
    """What every page of the office is framed with: the bundles, and which rooms its reader may enter."""
    is_known = "is_database_away" not in g and current_user.is_authenticated
    roles = {role for role, _ in current_user.roles} if is_known else set()
    return {
        "names": assets.current(),
        "has_desk": bool(roles.intersection(DESK)),
        "has_tours": bool(roles.intersection(TOURS)),
        "has_reminding": bool(roles.intersection(REMINDING)),
        "is_guide_alone": is_guide_alone(roles),
    }


def is_guide_alone(roles: Collection[str]) -> bool:
    return "guide" in roles and not set(roles).intersection(DESK)


def onward(asked: str | None) -> str | None:
    """The page that was asked for before signing in, where it is one of the office's; nothing else is followed."""
    if not asked or not asked.startswith("/office/") or "\\" in asked:
        return None
    parts = urlsplit(asked)
    return None if parts.scheme or parts.netloc else asked


def home(roles: Collection[str]) -> str:
    """The first page of who has these roles."""
    return url_for("office.show_departures" if is_guide_alone(roles) else "office.show_board")
