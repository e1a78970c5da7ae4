"""The lines that `dev` prints for pasting do what they say."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from gateway import wait_until

if TYPE_CHECKING:
    from gateway import Gateway


def pasted(gateway: Gateway) -> list[str]:
    """Return the lines under `try`."""
    printed = gateway.log.read_text().split("\ntry\n")[1]
    return [line.strip() for line in printed.splitlines() if "curl -s" in line]


def won(gateway: Gateway) -> list[str]:
    """Return the rule of each request that `dev` has reported."""
    return re.findall(r"  ((?:HTTP|GRPC)Route \S+#\d+)", gateway.log.read_text())


@pytest.mark.parametrize(("name", "rules"), [("shop", 11), ("guide", 13)])
def test_each_line_reaches_a_rule_of_its_own(name: str, rules: int, request: pytest.FixtureRequest) -> None:
    """Pasted one after the other, each is answered; only rules that a stronger one hides stay unreached."""
    gateway: Gateway = request.getfixturevalue(name)
    lines, before = pasted(gateway), len(won(gateway))
    for line in lines:
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=20)
        assert done.stdout.startswith(b"HTTP/"), line
    wait_until("reports", lambda: len(won(gateway)) - before >= len(lines))
    assert len(set(won(gateway)[before:])) == rules
