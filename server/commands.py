"""The commands of the administrator, loaded by whoever asks for one: what serves does without their code all its life."""

import click
from flask import Flask
from flask.cli import AppGroup

from server.foundation import migrating


class Commands(AppGroup):
    """flask people …, flask content … and the others of cli.py."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.name)
        self._app = app

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._load()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def _load(self) -> None:
        from server.cli import COMMANDS

        migrating.attach(self._app)  # brings `flask db`
        for command in COMMANDS:
            self.add_command(command)


def register(app: Flask) -> None:
    app.cli = Commands(app)
