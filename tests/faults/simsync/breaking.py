"""Seeded bugs: a few words of a function are replaced while a story runs. The function itself is changed, not a name that
somebody may have imported elsewhere; words that are not there any more are an error, so that no mutant dies in silence."""

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple


class Edit(NamedTuple):
    function: Callable[..., Any]
    old: str
    new: str


class Mutant(NamedTuple):
    why: str
    """the mistake that somebody will make one day"""
    edits: tuple[Edit, ...]


@contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    functions = {id(edit.function): edit.function for edit in mutant.edits}
    with ExitStack() as stack:
        for function in functions.values():
            stack.enter_context(_edited(function, [edit for edit in mutant.edits if edit.function is function]))
        yield


@contextmanager
def _edited(wrapped: Any, edits: list[Edit]) -> Iterator[None]:
    function = inspect.unwrap(wrapped)
    code = function.__code__
    source = textwrap.dedent(inspect.getsource(code))
    for edit in edits:
        if source.count(edit.old) != 1:
            raise LookupError(f"{function.__qualname__} says {source.count(edit.old)} times: {edit.old}")
        source = source.replace(edit.old, edit.new)
    made: dict[str, Any] = {}
    exec(compile(source, f"<mutant of {function.__qualname__}>", "exec"), dict(function.__globals__), made)
    (twin,) = made.values()
    function.__code__ = inspect.unwrap(twin).__code__
    try:
        yield
    finally:
        function.__code__ = code
