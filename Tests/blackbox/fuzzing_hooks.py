"""What schemathesis must not do, and checks of our own."""

from __future__ import annotations

import base64
import binascii
import os
import re
import uuid

import schemathesis
from conftest import some_address
from hypothesis import strategies

schemathesis.openapi.format("iana-time-zone", strategies.sampled_from(["Europe/Moscow", "Asia/Tokyo", "UTC"]))

#: Tenants that requests of operators must not change: others work with them.
KEPT = {"807", "808", "809", os.environ.get("FUZZ_TENANT"), os.environ.get("FUZZ_FOREIGN_TENANT")}

#: The document's examples name things of 807. Two of schemathesis's phases send them as they are; here they are those of the
#: tenant that is fuzzed, since nearly every answer would be 404 otherwise.
EXAMPLES = {
    "807": os.environ.get("FUZZ_TENANT"),
    "85219": os.environ.get("FUZZ_PHONE"),
    "96857": os.environ.get("FUZZ_QUEUE"),
    "5e0ae9b1-3a0b-4a51-9a3c-6d8f0f3f2b11": os.environ.get("FUZZ_CALL"),
    "abcdefghijklmnopqrstuvwxyz012345": os.environ.get("FUZZ_EVENT_TOKEN"),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    definition = case.operation.definition.raw
    path = case.path_parameters
    for name, value in path.items():
        path[name] = EXAMPLES.get(str(value), value)
    mappings = case.body.get("mappings") if isinstance(case.body, dict) else None
    for mapping in mappings if isinstance(mappings, list) else []:
        if isinstance(mapping, dict) and type(mapping.get("extension_id")) is int:
            number = EXAMPLES.get(str(mapping["extension_id"]))
            mapping["extension_id"] = mapping["extension_id"] if number is None else int(number)
    if "Operator" in definition.get("tags", []) and case.method != "GET" and path.get("tenant") in KEPT:
        path["tenant"] = os.environ["FUZZ_LOST_TENANT" if case.method == "DELETE" else "FUZZ_OPERATED_TENANT"]
    headers, query = case.headers, case.query
    # Addresses that send many bad keys are told to wait, so each request has one of its own; see Server.request.
    headers["X-Forwarded-For"] = some_address()
    # Nobody waits for a PBX, or for news, longer than a second.
    if any(name == "wait" for name in query) and re.fullmatch(r"[0-9]+", str(query["wait"])):
        if 1 < int(query["wait"]) <= 30:
            query["wait"] = 1
    if "Prefer" in headers:
        headers["Prefer"] = "wait=1"
    # A cursor is what a list gave out; any other text is not one, which a schema cannot say.
    meta = getattr(case, "meta", None)
    if meta is not None and meta.generation.mode.is_positive:
        if not is_cursor(query.get("cursor")):
            query.pop("cursor", None)
        # Nor can it say that a key was not used before.
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = str(uuid.uuid4())


def is_cursor(text: object) -> bool:
    try:
        plain = base64.urlsafe_b64decode(str(text) + "=" * (-len(str(text)) % 4))
    except (binascii.Error, ValueError):
        return False
    return re.match(rb"[a-z]+[0-9]\.", plain) is not None


@schemathesis.check
def what_is_foreign_is_not_found(ctx, response, case):
    """Every path of another tenant, and every id of another tenant's call, is as if there were no such thing."""
    # What schemathesis makes of the keys is no key: 401.
    keys = {os.environ["FUZZ_ADMIN_KEY"], os.environ["FUZZ_CONNECTOR_KEY"]}
    is_key = response.request.headers.get("Authorization", "").removeprefix("Bearer ") in keys
    # A header that is no key, or one that was used for another request, is refused before anybody looks whose the thing is, so
    # that the answer tells nothing of it.
    if response.status_code in (400, 422) and "Idempotency-Key" in response.json()["detail"]:
        return
    if response.status_code not in ((404, 405) if is_key else (401, 405)):
        raise AssertionError(f"{response.status_code} for what is another tenant's")
