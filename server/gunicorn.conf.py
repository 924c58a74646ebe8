"""How gunicorn runs the product: the code is loaded once and forked; threads carry the requests."""

from config import from_environment

worker_class = "gthread"
threads = from_environment().threads
preload_app = True
keepalive = 30
timeout = 60
graceful_timeout = 25
max_requests = 0
accesslog = None
errorlog = "-"
loglevel = "warning"


def when_ready(server):  # type: ignore[no-untyped-def] # gunicorn's hook
    host, port = server.address[0][:2] if isinstance(server.address, list) else server.address[:2]
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host
    print(f"\nReady on http://{shown}:{port}", flush=True)
