"""The queue of the worker: a file, tables of PostgreSQL, or Redis. It carries nothing but the wish that somebody looks."""

import json
from datetime import datetime

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

from config import Settings

FILE = "queue.sqlite3"
NAME = "rundtur"
PATIENCE_S = 3
"""nobody who nudges waits longer for a server that is away"""


class _Plain(Serializer):  # type: ignore[misc] # huey has no types
    """Tasks as JSON: ours carry nothing but their time, and what others may have put into a queue is never unpickled."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps([data.id, data.name, data.eta and data.eta.isoformat()]).encode()

    def _deserialize(self, data: bytes) -> Message:
        task_id, name, eta = json.loads(data)
        at = datetime.fromisoformat(eta) if eta else None
        return Message(str(task_id), str(name), eta=at, retries=0, retry_delay=0, args=(), kwargs={})


def queue_of(settings: Settings) -> Huey:
    """The queue of these settings. SQLite: a file of its own, which huey opens through the standard library.

    PostgreSQL: tables beside the product's, or in a database of their own; nothing is prepared, so that a pooler may stand
    between. Redis: a few keys in the database that is named.
    """
    url = settings.queue_url.replace("postgresql+psycopg://", "postgresql://")
    if url.startswith("redis"):
        return _on_redis(url)
    if url:
        return PostgresHuey(
            NAME, dsn=url, results=False, serializer=_Plain(), create_tables=False, connect_timeout=PATIENCE_S,
            prepare_threshold=None,
        )  # fmt: skip
    return SqliteHuey(
        NAME, filename=str(settings.data / FILE), results=False, serializer=_Plain(), journal_mode="delete",
        fsync=False, cache_mb=1, create_tables=False,
    )  # fmt: skip


def _on_redis(url: str) -> Huey:
    """Its package is imported here only: huey imports it wherever it is, and it costs each process some megabytes.

    A connection that the server has dropped meanwhile is made again at once; one that cannot be made is not waited for.
    """
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    pool = ConnectionPool.from_url(
        url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 1)
    )
    return RedisHuey(NAME, connection_pool=pool, results=False, serializer=_Plain())


def make_ready(queue: Huey) -> None:
    """Its tables are there, where it has any."""
    if make := getattr(queue.storage, "initialize_schema", None):
        make()
