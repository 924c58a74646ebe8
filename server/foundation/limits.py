"""How often one may ask: flask-limiter, kept in memory a process (a limit of 10 is then at most 10 a process)."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", strategy="moving-window")
