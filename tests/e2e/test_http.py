"""curl through `gateline dev`: routing, filters, TLS."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateway import Gateway

APP = "https://app.example.com"
API = "https://api.example.com"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/healthz", "health-check-service"),
        ("/healthz/deep", "app-service"),
        ("/api/v2", "api-v2-service"),
        ("/api/v2/items?page=2", "api-v2-service"),
        ("/api/v22", "app-service"),
        ("/api/v1/items", "api-v1-service"),
        ("/users/42/profile", "user-profile-service"),
        ("/users/x/profile", "app-service"),
        ("/users/42/profile/edit", "app-service"),
    ],
)
def test_paths(guide: Gateway, path: str, service: str) -> None:
    """Exact before regex before prefix; a prefix ends at a segment, a regex matches the whole path."""
    response = guide.curl(APP + path)
    assert (response.status, response.backend) == (200, f"production/{service}:8080")
    assert response.echo()["path"] == path


@pytest.mark.parametrize(
    ("headers", "service"),
    [
        (["x-api-version: beta", "x-user-tier: premium"], "api-beta-premium"),
        (
            ["X-Api-Version: beta", "X-User-Tier: premium", "x-experiment-group: treatment"],
            "api-beta-premium",
        ),
        (["x-experiment-group: treatment"], "api-experiment"),
        (["x-api-version: beta"], "api-stable"),
        (["x-api-version: BETA", "x-user-tier: premium"], "api-stable"),
        ([], "api-stable"),
    ],
)
def test_headers(guide: Gateway, headers: list[str], service: str) -> None:
    """Names in any case, values exactly, all of a match; more headers win."""
    arguments = [word for header in headers for word in ("--header", header)]
    assert guide.curl(API + "/", *arguments).backend == f"production/{service}:8080"


def test_the_canary_of_the_guide_never_runs(guide: Gateway) -> None:
    """Of three routes with one match the first by name takes all, as `gateline check` says (GL203)."""
    assert Counter(guide.backends(APP + "/", 120)) == {"production/app-service:8080": 120}


def test_weights(shop: Gateway) -> None:
    """90 to 10 within a few requests, not only on average."""
    taken = Counter(shop.backends("https://www.shop.example.com/", 200))
    assert set(taken) == {"storefront/pages:8080", "storefront/pages-next:8080"}
    assert 17 <= taken["storefront/pages-next:8080"] <= 23


def test_rewrite(guide: Gateway) -> None:
    """The prefix is replaced, the rest and the query stay."""
    seen = guide.curl(API + "/old-api/orders?id=7").echo()
    assert (seen["service"], seen["path"]) == ("api-service", "/new-api/orders?id=7")


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2-prior-knowledge"])
def test_redirect(shop: Gateway, protocol: str) -> None:
    """Plain HTTP goes to HTTPS on its default port, over both versions of HTTP."""
    response = shop.curl("http://www.shop.example.com/cart?item=3", protocol)
    assert (response.status, response.headers["location"]) == (
        301,
        "https://www.shop.example.com/cart?item=3",
    )
    assert response.version == ("HTTP/1.1" if protocol == "--http1.1" else "HTTP/2")


def test_forwarded_headers(guide: Gateway) -> None:
    """The backend learns of the client; hop-by-hop fields end here."""
    spoofed = [
        "--header",
        "x-forwarded-proto: http",
        "--header",
        "connection: x-secret",
        "--header",
        "x-secret: 1",
    ]
    headers = guide.curl(APP + "/", "--http1.1", *spoofed).echo()["headers"]
    assert headers["x-forwarded-for"] == ["127.0.0.1"]
    assert headers["x-forwarded-proto"] == ["https"]
    assert len(headers["x-request-id"]) == 1
    assert "x-secret" not in headers


def test_alpn(guide: Gateway) -> None:
    """HTTP/2 and HTTP/1.1 on one port."""
    assert guide.curl(APP + "/", "--http2").version == "HTTP/2"
    assert guide.curl(APP + "/", "--http1.1").version == "HTTP/1.1"


def test_unknown(guide: Gateway, two_hosts: Gateway) -> None:
    """404 for a host or path that nothing takes; a server name without a listener ends the handshake."""
    assert guide.curl("http://app.example.com/").status == 404
    assert guide.curl("https://none.example.com/").status == 404
    assert two_hosts.curl("https://one.example.com/elsewhere").status == 404
    with pytest.raises(ConnectionError, match="SSL_connect"):
        guide.curl("https://www.example.org/")


def test_misdirected(two_hosts: Gateway) -> None:
    """A connection that was opened for one listener does not reach another."""
    assert two_hosts.curl("https://one.example.com/app").status == 200
    assert two_hosts.curl("https://one.example.com/app", "--header", "Host: two.example.com").status == 421
