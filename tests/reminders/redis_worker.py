"""A worker as a process, at noon, whose only channel writes down what it is given: one line a letter.

It was noon at RUNDTUR_TEST_NOON, in seconds since the epoch, for every worker of a test: one whose clock is behind
another's leaves what that one has planned to the next round, a minute later.

`python -m tests.reminders.redis_worker FILE`: it works until it is told to stop. With `nudge` for a file it only nudges.
"""

import os
import sys
import time
from datetime import timedelta

from server import create_app
from server.foundation import clock
from server.foundation.database import db
from server.reminders.letters import OK, Letter, Sent
from server.reminders.tasks import Tasks
from server.reminders.worker import run

from .conftest import NOON
from .making import Post


def main(file: str) -> None:
    begun = float(os.environ["RUNDTUR_TEST_NOON"])
    clock.set_source(lambda: NOON + timedelta(seconds=time.time() - begun))

    def write(letter: Letter) -> Sent:
        line = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(line, f"{letter.person_id} {letter.words.title}\n".encode())
        os.close(line)
        return OK

    app = create_app()
    with app.app_context():
        tasks = Tasks(app.config["SETTINGS"], db.engine, {"push": Post(write)})
    app.extensions["tasks"] = tasks
    if file == "nudge":
        tasks.nudge()
    else:
        run(app)


if __name__ == "__main__":
    main(sys.argv[1])
