"""The shell: the app's page, its worker and manifest, published files, health, and the headers of every answer."""

from flask import Flask

from . import files, headers, routes
from .static import register as register_static


def register(app: Flask) -> None:
    headers.register(app)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(files.blueprint)
    register_static(app)
