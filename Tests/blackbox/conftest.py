"""What the black-box tests work with: a built server with a PostgreSQL and a simulated PBX of its own.

`admin-scripts/test --blackbox` starts them, and says where they are in the file that RINGBRIDGE_BLACKBOX names.
"""

from __future__ import annotations

import ipaddress
import os
import random
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]


def some_address() -> str:
    """A sender's address of the documentation's network (RFC 3849): the server trusts loopback's X-Forwarded-For here.

    Each request has another one, since an address that sends many bad keys or event URLs is told to wait. Of the system's
    randomness, since generators of tests make `random` begin again and again.
    """
    return str(ipaddress.IPv6Address((0x20010DB8 << 96) | random.SystemRandom().getrandbits(96)))


@dataclass(frozen=True)
class Tenant:
    """A tenant with keys. Its phones 101, 102 and 103 belong to u1, u2 and u3; IVR 099 and queues 887, 888 are monitored."""

    id: str
    admin_key: str
    connector_key: str
    #: libpq URL of its SQL role.
    sql_url: str
    #: The PBX's client that it is, and what the ids of that client's extensions are moved by.
    client_id: int
    offset: int

    @property
    def phone(self) -> int:
        """The id of phone 102."""
        return 85219 + self.offset

    @property
    def queue(self) -> int:
        """The id of queue 887."""
        return 96857 + self.offset


@dataclass(frozen=True)
class Server:
    """The running server."""

    url: str
    #: The simulated PBX; its control API is below /_sim/.
    simulator: str
    operator_key: str
    #: By id. 807 has had the demo's calls, 808 none.
    tenants: dict[str, Tenant]
    #: JSON lines.
    log: Path
    #: The directory that the README calls .demo.
    demo: Path
    session: requests.Session = field(default_factory=requests.Session)

    def request(self, method: str, path: str, key: str | None = None, **options) -> requests.Response:
        headers = {"X-Forwarded-For": some_address(), **options.pop("headers", {})}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        options.setdefault("timeout", 70)
        return self.session.request(method, self.url + path, headers=headers, allow_redirects=False, **options)

    def get(self, path: str, key: str | None = None, **options) -> requests.Response:
        return self.request("GET", path, key, **options)

    def place_call(self, tenant: Tenant, scenario: str) -> str:
        """Has the simulated PBX play a scenario and deliver its events; gives the CallID."""
        answer = self.session.post(
            f"{self.simulator}/_sim/calls?wait=true",
            json={"client_id": tenant.client_id, "scenario": scenario},
            timeout=70,
        )
        answer.raise_for_status()
        return answer.json()["call_id"]

    def await_call(self, tenant: Tenant, call_id: str) -> dict:
        """The first record of a CallID, when it is there."""
        for _ in range(150):
            page = self.get("/v1/calls", tenant.connector_key, params={"call_id": call_id}).json()
            if page["data"]:
                return page["data"][0]
            time.sleep(0.2)
        raise AssertionError(f"no record of {call_id} came within 30 s")


@dataclass(frozen=True)
class Database:
    """libpq URLs of the server's database."""

    #: ringbridge_server, the runtime role.
    server_url: str
    #: ringbridge_owner, who owns the schema.
    owner_url: str
    superuser_url: str


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The shell variables that the demo remembers."""
    path = os.environ.get("RINGBRIDGE_BLACKBOX")
    if not path:
        pytest.exit("there is no server; run these tests by admin-scripts/test --blackbox", returncode=2)
    lines = Path(path).read_text().splitlines()
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


@pytest.fixture(scope="session")
def server(environment) -> Server:
    # As admin-scripts/lib/blackbox.sh onboards them.
    clients = {"807": (10500, 0), "808": (10501, 100_000), "901": (10511, 300_000), "902": (10512, 400_000)}
    tenants = {
        id: Tenant(
            id=id,
            admin_key=environment[f"admin_key_{id}"],
            connector_key=environment[f"connector_key_{id}"],
            sql_url=environment[f"sql_url_{id}"],
            client_id=client_id,
            offset=offset,
        )
        for id, (client_id, offset) in clients.items()
    }
    demo = Path(os.environ["RINGBRIDGE_BLACKBOX"]).parent
    return Server(
        url=environment["server"],
        simulator=environment["simulator"],
        operator_key=environment["operator_key"],
        tenants=tenants,
        log=demo / "server.log",
        demo=demo,
    )


@pytest.fixture(scope="session")
def database(environment) -> Database:
    return Database(
        server_url=environment["DATABASE_URL"],
        owner_url=environment["DATABASE_OWNER_URL"],
        superuser_url=environment["superuser_url"],
    )


@pytest.fixture(scope="session")
def ringbridge(environment):
    """Runs the program: `ringbridge("tenant", "list")`. With `check=False` it may fail."""

    def run(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [ROOT / ".build/debug/ringbridge", *arguments],
            env={**os.environ, **environment, "PUBLIC_URL": environment["server"], "PBX_URL": environment["simulator"]},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
        return result

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What fuzzes comes last: it leaves nothing as it was."""
    items.sort(key=lambda item: item.path.stem == "test_fuzzing")
