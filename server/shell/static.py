"""Static files, served by whitenoise in front of Flask: hashed ones for ever, compressed where the browser takes it."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from config import ROOT
from server.foundation import assets

_HASHED = re.compile(r"/static/dist/(.+\.[0-9a-f]{12}|chunk\.[0-9A-Z]{8})\.(js|css)$")


def register(app: Flask) -> None:
    """Files under static/ are answered at /static/ without reaching Flask."""

    def headers(result: Any, _path: str, url: str) -> None:
        result["X-Content-Type-Options"] = "nosniff"
        result["Cross-Origin-Resource-Policy"] = "same-origin"
        if url.endswith(".svg"):
            result["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

    noise = WhiteNoise(
        app.wsgi_app, max_age=86_400, add_headers_function=headers,
        immutable_file_test=lambda _path, url: bool(_HASHED.search(url)),
    )  # fmt: skip
    static = Path(ROOT / "static")
    if static.is_dir():
        noise.add_files(str(static), prefix="static/")
    app.wsgi_app = noise  # type: ignore[method-assign]
    with suppress(FileNotFoundError):
        assets.current()  # the names that go with the files that were just found
