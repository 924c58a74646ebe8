"""PostgreSQL in a backup: pg_dump of one moment; and its own schema, which makes room for another."""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from .archive import BackupFault

LEAVING_S = 2.0
"""so long a stopped server may take to be gone"""


class Postgres:
    """The product's tables in the schema `public` of this engine's database."""

    kind = "postgresql"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._aside: str | None = None
        self._has_made_room = False

    def version(self) -> str:
        with self._engine.connect() as connection:
            return str(int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000)

    def check_for(self, version: str) -> None:
        """This server reads what one of that version wrote. Raises BackupFault."""
        mine = self.version()
        if int(mine) < int(version):
            raise BackupFault(
                f"The backup is of PostgreSQL {version} and this server is {mine}: restore into a newer one."
            )
        self._program("pg_restore", int(version))

    def bytes(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    def dump(self, target: Path) -> None:
        """A dump of one moment, whose table of contents was read. Raises BackupFault."""
        program = self._program("pg_dump", int(self.version()))
        only = ["--schema=public", "--exclude-table=public.huey_*", "--no-owner", "--no-privileges"]
        self._run([program, "--format=custom", f"--file={target}", *only])
        self.check(target)

    def check(self, copy: Path) -> None:
        """pg_restore can read the dump, and finds the people in it. Raises BackupFault."""
        said = self._run([self._program("pg_restore", 0), "--list", str(copy)], connects=False)
        if " TABLE DATA public person " not in said:
            raise BackupFault("The dump holds no people: it is not of this product's database.")

    def put_aside(self, stamp: str) -> str | None:
        """The tables make room, in a schema of its own. Raises BackupFault where others use the database."""
        self._engine.dispose()
        with self._engine.begin() as connection:
            others = _others(connection)
            if others:
                raise BackupFault(f"{others} other connections use this database: stop the servers and workers first.")
            if sa.inspect(connection).get_table_names():
                self._aside = f"before_{stamp.lower().replace('-', '_')}"
                connection.exec_driver_sql(f"ALTER SCHEMA public RENAME TO {self._aside}")
                connection.exec_driver_sql("CREATE SCHEMA public")
            self._has_made_room = True
        return f"the schema {self._aside}" if self._aside else None

    def load(self, copy: Path) -> None:
        """The dump's tables are the database now, all or none. Raises BackupFault."""
        program = self._program("pg_restore", 0)
        self._run([program, "--single-transaction", "--no-owner", "--no-privileges", "--schema=public", str(copy)])

    def put_back(self) -> None:
        """What was put aside is the database again, and what took its place is gone."""
        if not self._has_made_room:
            return
        self._engine.dispose()
        with self._engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            word = f"ALTER SCHEMA {self._aside} RENAME TO public" if self._aside else "CREATE SCHEMA public"
            connection.exec_driver_sql(word)

    def _program(self, name: str, needed: int) -> str:
        """The path of PostgreSQL's own program, at least of that version. Raises BackupFault."""
        path = shutil.which(name)
        if path is None:
            raise BackupFault(
                f"{name} is not installed: install PostgreSQL's client programs, version {needed or 'any'}."
            )
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"\b(\d+)[.\d]*", said)
        if found is None or int(found[1]) < needed:
            raise BackupFault(
                f"{name} is of version {found[1] if found else '?'} and the server of {needed}: install that one."
            )
        return path

    def _run(self, command: list[str], *, connects: bool = True) -> str:
        """What the program said. The password goes by a file: arguments can be read by everybody on the machine."""
        url = self._engine.url.set(drivername="postgresql")
        with tempfile.NamedTemporaryFile("w", prefix="rundtur-") as secret:  # 0600
            if url.password:
                words = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
                secret.write(f"*:*:*:*:{words}\n")
                secret.flush()
                url = url._replace(password=None).update_query_dict(
                    {"passfile": secret.name}
                )  # `set` takes None for “as it is”
            if connects:
                command = [*command, f"--dbname={url.render_as_string(hide_password=False)}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it gave no reason"])[0]
            if "No space left" in done.stderr:
                raise OSError(28, last)
            raise BackupFault(f"{Path(command[0]).name} failed: {last}")
        return done.stdout


def _others(connection: Connection) -> int:
    """How many use the database. Who has just left may be counted for a moment, and is waited for."""
    others, until = _count(connection), time.monotonic() + LEAVING_S
    while others and time.monotonic() < until:
        time.sleep(0.1)
        connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
        others = _count(connection)
    return others


def _count(connection: Connection) -> int:
    select = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    return int(connection.exec_driver_sql(select).scalar_one())
