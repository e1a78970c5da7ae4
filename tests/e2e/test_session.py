"""Session persistence, with curl's own cookie jar and a header: three endpoints of one Service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from conftest import MANIFESTS
from gateway import wait_until
from test_serve import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway import Gateway

URL = "http://app.example.com/"
COOKIE = "sessionPersistence: { cookie: { lifetimeType: Permanent }, absoluteTimeout: 5m }"
HEADER = "sessionPersistence: { type: Header, header: { name: x-session } }"


def write(manifest: Path, session: str) -> None:
    """Give the rule its session."""
    rule = "    - backendRefs:"
    text = (MANIFESTS / "serve.yaml").read_text()
    assert rule in text
    manifest.write_text(text.replace(rule, f"    - {session}\n      backendRefs:"))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return a manifest with sessions in cookies."""
    path = tmp_path / "manifests" / "sessions.yaml"
    path.parent.mkdir()
    write(path, COOKIE)
    return path


@pytest.fixture
def gateway(tmp_path: Path, manifest: Path) -> Iterator[Gateway]:
    """Serve it with three endpoints, each a backend with a name of its own."""
    yield from serve(tmp_path, manifest, dict.fromkeys(("one", "two", "three"), "blue"))


def test_cookie(gateway: Gateway, tmp_path: Path) -> None:
    """Each jar stays with the endpoint of its first answer; without a jar requests are spread."""
    assert len(Counter(gateway.curl(URL).body for _ in range(12))) == 3
    first: list[str] = []
    for number in range(6):
        jar = str(tmp_path / f"jar-{number}")
        answers = [gateway.curl(URL, "--cookie", jar, "--cookie-jar", jar) for _ in range(8)]
        assert len({answer.body for answer in answers}) == 1
        cookie = answers[0].headers["set-cookie"]
        assert "; Max-Age=300; HttpOnly; SameSite=Strict" in cookie
        assert "; Path=/" in cookie
        assert all(answer.headers["set-cookie"] is None for answer in answers[1:])
        first.append(answers[0].body)
    assert len(set(first)) == 3


def test_header(gateway: Gateway, manifest: Path) -> None:
    """The client repeats the header; a value of somebody's own making is a new client."""
    write(manifest, HEADER)
    wait_until("the new rule", lambda: gateway.curl(URL).headers["x-session"])
    for _ in range(6):
        answer = gateway.curl(URL)
        carried = ("--header", f"x-session: {answer.headers['x-session']}")
        assert {gateway.curl(URL, *carried).body for _ in range(8)} == {answer.body}
    forged = [gateway.curl(URL, "--header", "x-session: MTAuMC4wLjE6ODA") for _ in range(6)]
    assert len({answer.body for answer in forged}) == 3
    assert all(answer.headers["x-session"] for answer in forged)
