"""The program's commands, as the contract and the README name them."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT


def subcommands(help_text: str) -> list[str]:
    """The names that a help lists below SUBCOMMANDS."""
    listed = help_text.partition("SUBCOMMANDS:")[2].partition("\n\n")[0]
    names = re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE)
    return [name for name in names if name != "help"]


def walk(ringbridge, *path: str):
    """The help of a command and of all below it."""
    text = ringbridge(*path, "--help").stdout
    yield path, text
    for name in subcommands(text):
        yield from walk(ringbridge, *path, name)


def test_every_command_has_help(ringbridge):
    found = {path: text for path, text in walk(ringbridge)}
    assert {"serve", "migrate", "doctor", "tenant", "key", "bi", "reconcile", "replay", "explain"} <= {
        path[0] for path in found if path
    }
    for path, text in found.items():
        assert text.startswith("OVERVIEW:"), path
        assert "USAGE: " in text, path


def test_commands_of_the_readme_exist(ringbridge):
    """What the README's table of commands promises is there."""
    known = {path[0] for path, _ in walk(ringbridge) if path}
    rows = re.findall(r"^\| `ringbridge ([a-z]+)([^`]*)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert rows
    for name, rest in rows:
        assert name in known
        help_text = ringbridge(name, "--help").stdout
        # A table's | is written \| in Markdown.
        for word in re.findall(r"[a-z][a-z-]+", rest.split("--")[0]):
            assert word in help_text, f"{name} {word}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate", "status"],
        ["migrate", "verify"],
        ["migrate", "up"],
        ["tenant", "list"],
        ["tenant", "list", "--json"],
        ["tenant", "show", "807"],
        ["tenant", "show", "807", "--json"],
        ["key", "list", "--tenant", "807"],
        ["key", "list", "--tenant", "807", "--json"],
        ["reconcile", "--dry-run"],
        ["reconcile", "--tenant", "807", "--dry-run"],
        ["replay", "--tenant", "807", "--dry-run"],
    ],
    ids=" ".join,
)
def test_command_works(ringbridge, arguments):
    assert ringbridge(*arguments).stdout.strip()


def test_doctor_finds_nothing_wrong(ringbridge):
    result = ringbridge("doctor", check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_an_unknown_command_fails(ringbridge):
    result = ringbridge("tenants", check=False)
    assert result.returncode != 0
    assert "ringbridge --help" in result.stderr or "USAGE" in result.stderr
