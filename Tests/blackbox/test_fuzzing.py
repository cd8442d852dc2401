"""schemathesis against the server: whatever is sent, the answer is a documented one, and nobody gets at another's things.

RINGBRIDGE_SEED runs another series, RINGBRIDGE_FUZZ_CASES sets how many cases an operation gets at random.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from test_metrics import check_metrics

HERE = Path(__file__).parent
SEED = os.environ.get("RINGBRIDGE_SEED", "1")
CASES = int(os.environ.get("RINGBRIDGE_FUZZ_CASES", "30"))


@pytest.fixture(scope="module")
def fuzzing(server):
    """Runs schemathesis as the keys of tenant 901 allow."""
    own, foreign = server.tenants["901"], server.tenants["902"]
    events = server.session.get(f"{server.simulator}/_sim/extensions/{own.phone}/events", timeout=10).json()
    rows = events if isinstance(events, list) else events["events"]
    variables = {
        "FUZZ_OPERATOR_KEY": server.operator_key,
        "FUZZ_ADMIN_KEY": own.admin_key,
        "FUZZ_CONNECTOR_KEY": own.connector_key,
        "FUZZ_TENANT": own.id,
        "FUZZ_FOREIGN_TENANT": foreign.id,
        "FUZZ_OPERATED_TENANT": "903",
        "FUZZ_LOST_TENANT": "904",
        "FUZZ_PHONE": str(own.phone),
        "FUZZ_QUEUE": str(own.queue),
        "FUZZ_CALL": server.await_call(own, server.place_call(own, "S01"))["id"],
        "FUZZ_EVENT_TOKEN": rows[0]["url"].rsplit("/", 1)[1],
        "SCHEMATHESIS_HOOKS": "fuzzing_hooks",
        "PYTHONPATH": str(HERE),
    }
    # Changes of the operator go to 903; only removals to 904.
    for id in ("903", "904"):
        body = {"name": "Fuzzed", "pbx": {"app_id": "app", "app_secret": "secret"}}
        server.request("PUT", f"/admin/v1/tenants/{id}", server.operator_key, json=body).raise_for_status()

    def run(name: str, *arguments: str, **more: str) -> None:
        command = [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={HERE / 'fuzzing.toml'}",
            *("run", str(ROOT / "config/openapi.yaml"), f"--url={server.url}", f"--seed={SEED}", "--no-color"),
            *arguments,
        ]
        result = subprocess.run(
            command,
            env={**os.environ, **variables, **more},
            cwd=server.demo,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1200,
        )
        (ROOT / ".build/blackbox" / f"{name}.log").write_text(result.stdout + result.stderr)
        summary = result.stdout[result.stdout.rfind("SUMMARY") :]
        print(f"\n{name}: seed {SEED}", *re.findall(r"^.*(?:generated|tested|cases|found|seed).*$", summary, re.M), sep="\n  ")
        assert result.returncode == 0, f"see .build/blackbox/{name}.log\n{result.stdout[-6000:]}{result.stderr[-2000:]}"

    return run


def test_every_operation_with_the_key_of_its_role(fuzzing):
    fuzzing("fuzzing", f"--max-examples={CASES}", "--exclude-checks=what_is_foreign_is_not_found")


def test_a_tenants_operations_with_an_operators_key(fuzzing, server):
    fuzzing(
        "fuzzing-operator",
        "--include-tag=Tenant",
        "--phases=examples,coverage",
        "--exclude-checks=what_is_foreign_is_not_found",
        FUZZ_ADMIN_KEY=server.operator_key,
    )


def test_what_is_another_tenants_is_not_found(fuzzing, server):
    own, foreign = server.tenants["901"], server.tenants["902"]
    fuzzing(
        "fuzzing-foreign",
        r"--include-path-regex=^/admin/v1/tenants/\{tenant\}|^/v1/calls/\{id\}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={CASES}",
        "--checks=what_is_foreign_is_not_found,not_a_server_error",
        FUZZ_TENANT=foreign.id,
        FUZZ_PHONE=str(foreign.phone),
        FUZZ_QUEUE=str(foreign.queue),
        # An operator's own routes too are tried with the admin's key, and 901's call with 902's connector key.
        FUZZ_OPERATOR_KEY=own.admin_key,
        FUZZ_CONNECTOR_KEY=foreign.connector_key,
    )


def test_metrics_are_still_right(server):
    check_metrics(server)


def test_the_log_tells_of_no_fault(server):
    faults = []
    for line in server.log.read_text().splitlines():
        entry = json.loads(line)
        fields = {**entry, **entry.get("metadata", {})}
        status = int(fields.get("http.status", 0))
        # 504: the PBX of a fuzzed tenant could not be asked; /readyz says 503 of itself.
        if (status >= 500 and status != 504) or entry.get("level") in ("error", "critical"):
            faults.append(line)
    assert not faults, "\n".join(faults[:20])
