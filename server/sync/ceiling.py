"""How much one person may send a day: far more than anyone does, far less than what would hurt the others."""

import threading
from datetime import date, datetime


class DayCeiling:
    """Counts operations a person and day (UTC), in this process; two processes together let through twice as many at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._day: date | None = None
        self._counts: dict[str, int] = {}
        self._guard = threading.Lock()

    def admits(self, person_id: str, operations: int, now: datetime) -> bool:
        """True, and counted, while the person is below the ceiling."""
        with self._guard:
            if self._day != now.date():
                self._day, self._counts = now.date(), {}
            count = self._counts.get(person_id, 0) + operations
            if count > self._most:
                return False
            self._counts[person_id] = count
            return True
