"""`serve --ingress` and `dev --ingress`: Ingresses and routes of one host, in one process, on one port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import MANIFESTS
from gateway import Gateway, wait_until
from test_serve import copied, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "http://web.example.com"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return a copy that a test may edit."""
    return copied(tmp_path, "ingress.yaml")


@pytest.fixture
def gateway(tmp_path: Path, manifest: Path) -> Iterator[Gateway]:
    """Serve the copy, with a backend for the Ingress and one for the route."""
    yield from serve(tmp_path, manifest, {"blue": "blue", "green": "green"}, "--ingress", "nginx")


def test_both_at_once(gateway: Gateway) -> None:
    """The route has what it matches; the Ingress has the rest, as nginx would."""
    assert gateway.curl(f"{HOST}/new/x").body == "green"
    assert gateway.curl(f"{HOST}/old").body == "blue"
    slash = gateway.curl(f"{HOST}/app")
    assert (slash.status, slash.headers["location"]) == (301, f"{HOST}/app/")
    assert gateway.curl("http://a.one.example.com/").body == "blue"
    assert gateway.curl("http://a.b.one.example.com/").status == 404
    assert gateway.curl("http://other.example.com/").status == 404


def test_a_guard_of_nginx_lets_nobody_in(gateway: Gateway) -> None:
    """A list of addresses is the controller's alone: closed, and told, rather than open."""
    assert gateway.curl("http://office.example.com/").status == 500
    assert "GL721" in gateway.log.read_text()


def test_taking_over(gateway: Gateway, manifest: Path) -> None:
    """A wider match of the route takes over more; without the route the Ingress has it all again."""
    text = manifest.read_text()
    manifest.write_text(text.replace("value: /new", "value: /"))
    wait_until("the route to take all", lambda: gateway.curl(f"{HOST}/old").body == "green")
    assert gateway.curl("http://a.one.example.com/").body == "blue"
    gateway_alone, _, rest = text.partition("---\n")
    manifest.write_text(gateway_alone + "---\n" + rest.partition("---\n")[2])
    wait_until("the Ingress to have all", lambda: gateway.curl(f"{HOST}/new/x").body == "blue")


def test_dev(tmp_path: Path) -> None:
    """`dev` stands in for the backends of Ingresses too."""
    gateway = Gateway(tmp_path, "dev", MANIFESTS / "ingress.yaml", "--ingress", "nginx")
    try:
        assert gateway.curl(f"{HOST}/new/x").backend == "default/green:80"
        assert gateway.curl(f"{HOST}/old").backend == "default/blue:80"
    finally:
        assert gateway.stop() == 0, gateway.log.read_text()
