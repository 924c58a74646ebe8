"""A Redis of a test's own on a free port, and the package that speaks to it, which lies beside the environment: huey
would import it into every process of the tests, else."""

import os
import shutil
import subprocess
import sys
import time
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.ground import free_port
from config import ROOT

PINNED = ROOT / "requirements-redis.txt"


def library() -> str:
    """The folder of the package, for PYTHONPATH; empty where it is installed anyway. Skips where it cannot be had."""
    if find_spec("redis"):
        return ""
    folder = Path(sys.prefix) / f"redis-{zlib.crc32(PINNED.read_bytes()):x}"
    if not folder.exists():
        begun = folder.with_name(f"{folder.name}.{os.getpid()}")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        made = subprocess.run([*pip, "--require-hashes", "--target", str(begun), "-r", str(PINNED)], check=False)
        if made.returncode:
            pytest.skip("the package redis cannot be installed: is there a network?")
        try:
            begun.rename(folder)
        except OSError:  # another run of the tests was first
            shutil.rmtree(begun)
    return str(folder)


class Redis:
    """A server that can go away and come back; it keeps nothing on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> "Redis":
        """It answers."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while self._say("PING") != "PONG":
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """It is away."""
        if self._process:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def say(self, *words: str) -> str:
        assert self._process, "it is away"
        return self._say(*words)

    def _say(self, *words: str) -> str:
        command = ["redis-cli", "-p", str(self._port), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
