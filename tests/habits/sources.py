"""The files of the house, for the tests that read them."""

import ast
from pathlib import Path

from config import ROOT

SKIPPED = {"__pycache__", "node_modules"}


def files(*folders: str, endings: tuple[str, ...] = (".py",)) -> list[Path]:
    """The files with these endings in the folders of the repository, by name; what is generated is not ours."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return [
        path
        for path in found
        if path.suffix in endings and not SKIPPED.intersection(path.parts) and ".gen." not in path.name
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees(*folders: str) -> list[tuple[str, ast.Module]]:
    """The Python files of the folders, parsed."""
    return [(name_of(path), ast.parse(path.read_text("utf-8"))) for path in files(*folders)]
