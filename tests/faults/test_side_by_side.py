"""Two processes of the server and a backup, on one SQLite file (FAULTS 21). RUNDTUR_BACKUPS tells how many, one after the other."""

import os
import subprocess
import sys

from bench.ground import phones
from config import ROOT

from .crowd import Crowd
from .history import judge
from .telling import Base

DATABASES = ("sqlite",)
BACKUPS = int(os.environ.get("RUNDTUR_BACKUPS", "1"))
PHONES = 8


def back_up(running, folder):
    command = [sys.executable, "-m", "flask", "--app", "server.wsgi:app", "backup", "create", "--to", str(folder)]
    subprocess.run(command, cwd=ROOT, env=running.environment, check=True, capture_output=True, timeout=120)


def test_two_processes_and_a_backup_on_one_file_keep_everything(running, tmp_path):
    base = Base(running.data, "")
    base.watch()
    crowd = Crowd(running, phones(running, PHONES)).start()
    for number in range(BACKUPS):
        back_up(running, tmp_path / f"backup {number}")
        crowd.until("200", PHONES)
    crowd.end()
    assert judge(crowd.history, base.look(crowd.people)) == []
    assert crowd.odd == []
    assert set(crowd.met) <= {"200", "503"}
    assert base.is_whole()
