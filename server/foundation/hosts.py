"""Under which names the product answers: what a request calls us comes from outside, and redirects and links repeat it.

Flask's own TRUSTED_HOSTS knows no exception for health checks, which ask by address, and fails before our errors have
their shape; so only its comparison is used.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.sansio.utils import host_is_trusted

from .errors import error_answer


def register(app: Flask) -> None:
    """Requests of `app` for a name that is not ours are refused. Without https (development) every name is ours."""
    settings = app.config["SETTINGS"]
    if not (settings.is_production or settings.has_https):
        return
    ours = (urlsplit(settings.public_url).hostname or "", *settings.hosts)

    @app.before_request
    def refuse_others() -> Response | None:
        if request.path.startswith("/health/") or host_is_trusted(request.headers.get("Host", "").lower(), ours):
            return None
        return error_answer("unknown_host", 400)
