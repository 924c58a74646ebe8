"""Another version of the product: a copy of the tree with one word changed, built into bundles of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.ground import ROOT, Server

PARTS = ("server", "pwa", "service_worker", "static", "migrations", "config.py")


def build_another(folder: Path, before: str, after: str) -> Path:
    """The tree with one Swedish text changed. The bundles of the version before are kept beside its own."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / part)
    (folder / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    texts = folder / "pwa" / "src" / "texts"
    [file] = [one for one in (texts / "sv.json", texts / "later.sv.json") if before in one.read_text("utf-8")]
    file.write_text(file.read_text("utf-8").replace(before, after), "utf-8")
    subprocess.run([sys.executable, "-m", "server.building"], cwd=folder, check=True, capture_output=True)
    return folder


def release(server: Server, root: Path) -> None:
    """The other version takes over the address and the data."""
    server.stop()
    server.root = root
    server.start()
