"""How gunicorn runs the product: the code is loaded once and forked; threads carry the requests, and one more process
the worker of reminders."""

import gc
import os
import resource
import signal
from typing import Any

from sqlalchemy.orm import configure_mappers

from config import from_environment
from server.foundation import presence, shares
from server.reminders.worker import STOPS, Kept

settings = from_environment()
MOST_LINES = 4096
NEW_THINGS = 10_000
"""So many come to be before Python looks for circles among them: it looks at all that thousands of kept lines consist of, too, and
stops everybody meanwhile: at its own 700 for a twelfth of the time."""
kept = None  # the worker beside the web processes

worker_class = "server.serving.WebProcess"
threads = shares.threads_of_a_process(settings.threads, settings.waiting)  # as many as are needed at once come to be
preload_app = True
worker_connections = min(MOST_LINES, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
keepalive = 75  # who was asked to come again comes on the same line
timeout = 60
graceful_timeout = 25
max_requests = 0
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


# A stop that comes while a process is being made waits until that process hears it; else it would be lost, and waited for.
os.register_at_fork(
    before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, STOPS),
    after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS),
)


def on_starting(server):  # type: ignore[no-untyped-def] # gunicorn's hook
    presence.serve(settings.data)  # also where gunicorn was not started by script/server


def post_worker_init(worker):  # type: ignore[no-untyped-def] # gunicorn's hook
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def when_ready(server):  # type: ignore[no-untyped-def] # gunicorn's hook
    host, port = server.address[0][:2] if isinstance(server.address, list) else server.address[:2]
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host
    configure_mappers()
    gc.collect()
    gc.freeze()  # what is loaded stays untouched, so that its pages stay shared by all that is forked
    gc.set_threshold(NEW_THINGS, 10, 10)
    if settings.worker:
        global kept
        kept = Kept(server.app.wsgi(), lambda: close(server.LISTENERS))
        kept.start()
    print(f"\nReady on http://{shown}:{port}", flush=True)


def close(listeners: list[Any]) -> None:
    """The worker takes no requests, and holds no port that a next start needs."""
    for listener in listeners:
        listener.sock.close()


def on_exit(server):  # type: ignore[no-untyped-def] # gunicorn's hook
    if kept:
        kept.stop()
