"""The API's description (OpenAPI 3.1), through apispec, from the same models that validate."""

import re
from functools import cache
from typing import Any, NamedTuple

from apispec import APISpec
from flask import Flask

from server.protocol.schema import definitions


class Call(NamedTuple):
    method: str
    path: str
    summary: str
    body: str | None
    answer: str | None
    status: str = "200"


CALLS = (
    Call("post", "/api/session", "Sign in with a password", "SignIn", "SignedIn"),
    Call("post", "/api/session/code", "Sign in with a one-time code and set a password", "CodeSignIn", "SignedIn"),
    Call("get", "/api/session", "Who is signed in", None, "SignedIn"),
    Call("delete", "/api/session", "Sign out", None, None, "204"),
    Call(
        "post", "/api/session/handover", "A code that carries the session to the home-screen app", None, "HandoverCode"
    ),
    Call("post", "/api/session/handover/redeem", "Continue a session by its code", "HandoverRedeemed", "SignedIn"),
    Call("post", "/api/devices", "Register this installation", "DeviceRegistration", "DeviceRegistered"),
    Call("get", "/api/devices", "One's own phones, and which of them get reminders", None, "OwnDevices"),
    Call("delete", "/api/devices/{device_id}", "Take a phone off one's list and sign it out", None, None, "204"),
    Call("post", "/api/devices/{device_id}/test", "Send a test reminder to a phone of one's own", None, "PushTested"),
    Call("get", "/api/push/key", "The key that a push subscription is made with", None, "PushKey"),
    Call("post", "/api/push/subscriptions", "This phone takes reminders", "PushSubscribed", None, "204"),
    Call("delete", "/api/push/subscriptions/{device_id}", "That phone takes none", None, None, "204"),
    Call("post", "/api/mail-address", "Mail a code to an address of one's own", "MailAddressWanted", None, "204"),
    Call("post", "/api/mail-address/code", "Reminders go to that address by mail", "MailAddressCode", None, "204"),
    Call("delete", "/api/mail-address", "They go to what one signs in with", None, None, "204"),
    Call("post", "/api/sync", "Operations up, changes down", "SyncRequest", "SyncResponse"),
    Call("post", "/api/sync/sealed", "What a phone keeps for who has signed out", "SealedBox", "SealedTaken"),
    Call("get", "/health/live", "The process answers", None, None),
    Call("get", "/health/ready", "The product answers", None, None),
)
REFUSALS = ("400", "401", "403", "404", "409", "410", "413", "415", "422", "429", "503")


@cache
def _spec() -> dict[str, Any]:
    spec = APISpec(title="Rundtur", version="1", openapi_version="3.1.0", info={"license": {"name": "EUPL-1.2"}})
    for name, schema in definitions("#/components/schemas/{model}").items():
        spec.components.schema(name, schema)
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "sid"})
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method] = _operation(call)
    for path, operations in paths.items():
        spec.path(path=path, operations=operations)
    return spec.to_dict()


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def _operation(call: Call) -> dict[str, Any]:
    good: dict[str, Any] = {"description": call.summary}
    if call.answer:
        good["content"] = _json(call.answer)
    operation: dict[str, Any] = {
        "summary": call.summary,
        "responses": {call.status: good}
        | {code: {"description": "refused", "content": _json("RefusalBody")} for code in REFUSALS},
    }
    operation["parameters"] = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", call.path)
    ]
    if call.method != "get":
        operation["parameters"].append(
            {
                "in": "header",
                "name": "X-Rundtur-Client",
                "required": True,
                "schema": {"type": "string", "maxLength": 64},
            }
        )
    if call.body:
        operation["requestBody"] = {"required": True, "content": _json(call.body)}
    return operation


def description(_: Flask) -> dict[str, Any]:
    return _spec()
