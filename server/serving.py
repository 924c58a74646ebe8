"""A web process that cuts nobody off when it is told to stop: a release is no failure to a phone."""

from contextlib import suppress

from gunicorn.sock import TCPSocket
from gunicorn.workers.gthread import ThreadWorker


class WebProcess(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """gunicorn's, but for its end: who has knocked already is let in and answered, and the door is shut at once.

    Gunicorn's own lets in nobody else and keeps the port open until its last answer is given: who comes meanwhile waits
    for nothing, and is cut off.
    """

    sockets: list[TCPSocket]

    def set_accept_enabled(self, enabled: bool) -> None:
        is_full = self.alive and self.nr_conns >= self.worker_connections
        if enabled or is_full:
            super().set_accept_enabled(enabled)
            return
        for listener in self.sockets:
            with suppress(OSError):
                self._let_in(listener)
        super().set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
        self.sockets = []

    def _let_in(self, listener: TCPSocket) -> None:
        """Everybody who has knocked."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)
