"""The wire's shapes as one JSON Schema: the source of `pwa/src/protocol.gen.ts` and of `/api/openapi.json`."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from . import documents, entities, mail_address, operations, push, session, sync
from .wire import Message

REF = "#/$defs/{model}"


def _messages(module: object) -> list[type[Message]]:
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, Message)
        and thing.__module__ == getattr(module, "__name__", "")
    ]


def definitions(ref_template: str = REF) -> dict[str, Any]:
    """Every message by its name, as JSON Schema 2020-12 definitions."""
    modules = (operations, sync, entities, documents, session, push, mail_address)
    inputs = [(model, "validation") for module in modules for model in _messages(module)]
    _, schema = models_json_schema(inputs, ref_template=ref_template)  # type: ignore[arg-type]
    defs: dict[str, Any] = dict(schema["$defs"])
    for name, adapter in (("Operation", operations.OPERATION), ("Enrolment", TypeAdapter(entities.Enrolment))):
        union = adapter.json_schema(ref_template=ref_template)
        union.pop("$defs", None)
        defs[name] = union
    return dict(sorted(defs.items()))


if __name__ == "__main__":
    import json

    print(json.dumps({"title": "Protocol", "$defs": definitions()}))  # noqa: T201 - its output is its purpose
