"""The README's walk through the demo, executed as it stands."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from conftest import ROOT


def blocks(section: str) -> list[str]:
    """The ```sh blocks of a section of the README."""
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"^## {re.escape(section)}$(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert found, section
    return re.findall(r"^```sh\n(.*?)^```$", found[1], re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(server, tmp_path):
    """A directory that looks like the top of the checkout after admin-scripts/demo."""
    for name in [".build", "admin-scripts", "config", "sql", "README.md"]:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".demo").symlink_to(server.demo)
    return tmp_path


def test_walk_through_it(server, checkout):
    walk = blocks("A walk through it")
    assert len(walk) > 10
    script = checkout / "walk"
    # Each block is announced, so that a failure says where.
    script.write_text("".join(f"echo '== block {number}'\n{block}\n" for number, block in enumerate(walk, 1)))
    # The demo's user knows the database by .demo/env alone.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    result = subprocess.run(
        ["bash", "-e", "-o", "pipefail", script],
        cwd=checkout,
        env={**environment, "PAGER": "cat"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    shown = result.stdout[-4000:] + result.stderr[-4000:]
    assert result.returncode == 0, shown
    assert f"== block {len(walk)}" in result.stdout
    # What it promises: subscriptions that converge, a record by list, by feed, by CSV and by SQL, and no other problem on the
    # way than the limit that is shown, and mended.
    assert '"status":"converged"' in result.stdout, shown
    assert '"op":"upsert"' in result.stdout, shown
    assert re.search(r"^[0-9a-f-]{36},1,incoming,answered,", result.stdout, re.MULTILINE), shown
    assert "application/problem+json" not in result.stdout
    codes = re.findall(r'"code":"([^"]*)"', result.stdout)
    assert set(codes) == {"event_limit_reached"}, shown
    limited, mended = (result.stdout.rfind(text) for text in ('"event_limit_reached"', '"status":"converged"'))
    assert limited < mended, shown
