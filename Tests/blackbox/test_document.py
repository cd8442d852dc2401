"""The document describes the server: it is valid, and the server takes its examples and answers as it says."""

from __future__ import annotations

import json
import uuid

import pytest
import schemathesis
import yaml
from openapi_spec_validator import validate

from conftest import ROOT, some_address

DOCUMENT = yaml.safe_load((ROOT / "config/openapi.yaml").read_text())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
METHODS = {"get", "head", "put", "post", "delete"}
OPERATIONS = [
    pytest.param(path, method, id=definition["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method, definition in item.items()
    if method in METHODS
]
ROLES = {"operatorKey": "operator", "adminKey": "admin", "connectorKey": "connector"}


def test_document_is_valid():
    validate(DOCUMENT)


def test_served_forms_are_the_document(server):
    assert server.get("/openapi.yaml").content == (ROOT / "config/openapi.yaml").read_bytes()
    # Two YAML parsers read the same: the server's own, and PyYAML.
    assert server.get("/openapi.json").json() == json.loads(json.dumps(DOCUMENT))


def resolve(thing: dict) -> dict:
    while "$ref" in thing:
        node = DOCUMENT
        for name in thing["$ref"].removeprefix("#/").split("/"):
            node = node[name]
        thing = node
    return thing


def parameters(path: str, method: str) -> list[dict]:
    item = DOCUMENT["paths"][path]
    return [resolve(p) for p in item.get("parameters", []) + item[method].get("parameters", [])]


def key(server, tenant, role: str) -> str:
    return {"operator": server.operator_key, "admin": tenant.admin_key, "connector": tenant.connector_key}[role]


def allowed_roles(path: str, method: str) -> list[str]:
    return [ROLES[name] for alternative in DOCUMENT["paths"][path][method]["security"] for name in alternative]


@pytest.fixture(scope="module")
def things(server):
    """What the examples' ids are of this server: a call with a recording, an event URL."""
    tenant = server.tenants["807"]
    call = server.await_call(tenant, server.place_call(tenant, "S01"))
    events = server.session.get(f"{server.simulator}/_sim/extensions/{tenant.phone}/events", timeout=10).json()
    rows = events if isinstance(events, list) else events["events"]
    return {
        "id": call["id"],
        "call_id": call["call_id"],
        "token": next(row["url"] for row in rows if "/ext-event/" in row["url"]).rsplit("/", 1)[1],
    }


@pytest.fixture(scope="module")
def other_tenant(server):
    """Replaced, gets and loses keys, and is removed by the examples in place of 807, which others need."""
    id = f"example-{uuid.uuid4().hex[:8]}"
    yield id
    server.request("DELETE", f"/admin/v1/tenants/{id}?force=true", server.operator_key)


def example_case(path: str, method: str, things: dict, other_tenant: str, server):
    """The request that the examples of an operation make, with the ids of this server."""
    definition = DOCUMENT["paths"][path][method]
    values = {"path": {}, "query": {}, "header": {}}
    for parameter in parameters(path, method):
        if "example" in parameter:
            values[parameter["in"]][parameter["name"]] = parameter["example"]
    for name in set(values["path"]) & set(things):
        values["path"][name] = things[name]
    if "call_id" in values["query"]:
        values["query"]["call_id"] = things["call_id"]
    if "Idempotency-Key" in values["header"]:
        values["header"]["Idempotency-Key"] = str(uuid.uuid4())
    for name, example in list(values["query"].items()):
        # A parameter of style form that is an object is a parameter for each member.
        if isinstance(example, dict):
            values["query"].update(values["query"].pop(name))
        elif isinstance(example, bool):
            values["query"][name] = json.dumps(example)
    content = resolve(definition.get("requestBody", {})).get("content", {})
    options = {}
    for media_type, media in content.items():
        options = {"body": media["example"], "media_type": media_type}
    if definition["operationId"] in ("putTenant", "removeTenant", "createKey", "listKeys", "revokeKey", "getTenant"):
        prepare_other_tenant(server, other_tenant, values["path"], definition["operationId"])
    if definition["operationId"] in ("putMappings", "putMapping"):
        # The example before has removed the user that these name.
        user = "/admin/v1/tenants/807/users/u1"
        server.request("PUT", user, server.operator_key, json={"name": "Анна"}).raise_for_status()
    return SCHEMA[path][method.upper()].Case(
        path_parameters=values["path"], query=values["query"], headers=values["header"], **options
    )


def prepare_other_tenant(server, other_tenant: str, path: dict, operation: str) -> None:
    path["tenant"] = other_tenant
    base = f"/admin/v1/tenants/{other_tenant}"
    body = DOCUMENT["paths"]["/admin/v1/tenants/{tenant}"]["put"]["requestBody"]["content"]["application/json"]["example"]
    server.request("PUT", base, server.operator_key, json=body).raise_for_status()
    if operation == "revokeKey":
        made = server.request("POST", base + "/keys", server.operator_key, json={"role": "admin", "name": "example"})
        path["id"] = made.json()["id"]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_examples_are_accepted(server, things, other_tenant, path, method):
    case = example_case(path, method, things, other_tenant, server)
    headers = {}
    # On the case, so that what the checks send again has it too.
    case.headers["X-Forwarded-For"] = some_address()
    if roles := allowed_roles(path, method):
        headers["Authorization"] = f"Bearer {key(server, server.tenants['807'], roles[0])}"
    if path.startswith("/agent-event/"):
        pytest.skip("the demo's PBX has no agents' event URLs; the Swift tests have them")
    response = case.call(base_url=server.url, headers=headers, allow_redirects=False)
    assert response.status_code < 400, f"{response.status_code}: {response.text[:1000]}"
    case.validate_response(response, excluded_checks=[schemathesis.checks.not_a_server_error])


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_security_is_as_documented(server, things, other_tenant, path, method):
    """Without a key 401; with the key of a role that is not named 403; with the other tenant's 404."""
    roles = allowed_roles(path, method)
    if not roles:
        return
    url = path.format(tenant="807", id=things["id"], user_id="u1", extension_id=server.tenants["807"].phone)
    options = {"json": {}} if method in ("put", "post") else {}
    assert server.request(method, url, **options).status_code == 401
    assert server.request(method, url, "rb_operator_0123456789abcdef_wrong", **options).status_code == 401
    for role in set(ROLES.values()) - set(roles):
        assert server.request(method, url, key(server, server.tenants["807"], role), **options).status_code == 403
    if "{tenant}" in path:
        for role in ("admin", "connector"):
            foreign = server.request(method, url, key(server, server.tenants["808"], role), **options)
            assert foreign.status_code == 404
    if path.startswith("/v1/calls/{id}"):
        assert server.request(method, url, server.tenants["808"].connector_key).status_code == 404
