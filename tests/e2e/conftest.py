"""Gateways that many tests share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway import ROOT, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFESTS = Path(__file__).parent / "manifests"


def dev(folder: Path, manifests: Path) -> Iterator[Gateway]:
    """Run `gateline dev` for as long as tests need it."""
    gateway = Gateway(folder, "dev", manifests)
    yield gateway
    assert gateway.stop() == 0, gateway.log.read_text()


@pytest.fixture(scope="session")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Serve the manifests of the guide, unchanged."""
    yield from dev(tmp_path_factory.mktemp("guide"), ROOT / "examples/guide")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Serve the shop."""
    yield from dev(tmp_path_factory.mktemp("shop"), ROOT / "examples/shop")


@pytest.fixture(scope="session")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Serve two HTTPS listeners on one port."""
    yield from dev(tmp_path_factory.mktemp("two-hosts"), MANIFESTS / "two-hosts.yaml")
