"""/metrics is what Prometheus reads."""

from __future__ import annotations

import os
import subprocess


def check_metrics(server) -> str:
    """The metrics, after `promtool check metrics` found nothing to say of them."""
    answer = server.get("/metrics", server.operator_key)
    assert answer.status_code == 200
    result = subprocess.run(
        [os.environ["PROMTOOL"], "check", "metrics"], input=answer.content, capture_output=True, timeout=60
    )
    assert result.returncode == 0, (result.stdout + result.stderr).decode()
    return answer.text


def test_metrics(server):
    assert "ringbridge_" in check_metrics(server)
