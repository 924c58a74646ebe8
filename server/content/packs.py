"""Reading a pack's YAML: a fault names the file, the line and the remedy."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound="PackPart")


class PackPart(BaseModel):
    """A part of a pack: no unknown key, so that a slip of the pen is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PackFault(Exception):
    """What is wrong with a pack, said to its author."""

    def __init__(self, file: Path, line: int | None, remedy: str) -> None:
        self.file, self.line, self.remedy = file, line, remedy
        super().__init__(f"{file}{f', line {line}' if line else ''}: {remedy}")


def read(path: Path, model: type[M]) -> M:
    """The YAML file as `model`. Raises PackFault for the first thing that is wrong."""
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise PackFault(
            path, line, f"this is not YAML: {error.problem}; check indentation, colons and quotes"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise PackFault(path, line, "this is not YAML: a control character stands here; remove it") from None
    except ValueError as error:  # a date that is none
        raise PackFault(path, None, f"a value cannot be read ({error}); put it in quotes, or correct it") from None
    if not isinstance(value, dict):
        raise PackFault(path, 1, "a pack is made of words with values (title: …); this file holds none")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise PackFault(path, _line(node, first["loc"]), _remedy(first)) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise PackFault(path, None, "the file is missing; create it, or correct the name") from None
    except UnicodeDecodeError:
        raise PackFault(path, None, "the file is not UTF-8 text; save it as UTF-8") from None


def line_of(path: Path, *where: str | int) -> int | None:
    """The line at which something stands in a YAML file that was read before."""
    return _line(yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader), where)


def _line(node: yaml.Node | None, where: tuple[int | str, ...]) -> int | None:
    """The line of the deepest part of `where` that the file has."""
    if node is None:
        return None
    line = node.start_mark.line + 1
    for part in where:
        child = _child(node, part)
        if child is None:
            continue  # pydantic also names union members, which no file has
        line, node = child[0].start_mark.line + 1, child[1]
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _remedy(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    known: dict[str, Any] = {
        "missing": f"“{where}” is missing; add it",
        "extra_forbidden": f"“{where}” is not a word of the format; remove it or correct its spelling",
    }
    said: str = known.get(error["type"], f"“{where}”: {error['msg']}")
    return said
