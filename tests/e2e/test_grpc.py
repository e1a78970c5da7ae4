"""A real gRPC client through the guide's GRPCRoutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway import Gateway

HOST = "grpc.example.com"
SECONDS = 10
Metadata = tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def channel(guide: Gateway) -> Iterator[grpc.Channel]:
    """Connect over TLS, with the server name and authority of the route."""
    credentials = grpc.ssl_channel_credentials(guide.ca.read_bytes())
    options = [("grpc.ssl_target_name_override", HOST), ("grpc.default_authority", HOST)]
    with grpc.secure_channel(f"127.0.0.1:{guide.https}", credentials, options) as channel:
        yield channel


def echo(message: bytes) -> bytes:
    """Messages are bytes here: no generated code."""
    return message


@pytest.mark.parametrize(
    ("method", "metadata", "service"),
    [
        ("GetOrder", (), "order-service-grpc"),
        ("CreateOrder", (), "order-write-service"),
        ("GetOrder", (("x-region", "asia"),), "order-service-asia"),
        ("GetOrder", (("x-region", "europe"),), "order-service-grpc"),
    ],
)
def test_unary(channel: grpc.Channel, method: str, metadata: Metadata, service: str) -> None:
    """By service, by method, by metadata; the call ends with OK in the trailers."""
    call = channel.unary_unary(f"/order.v1.OrderService/{method}", echo, echo)
    answer, state = call.with_call(b"\x0a\x03abc", timeout=SECONDS, metadata=metadata)
    assert answer == b""
    assert state.code() == grpc.StatusCode.OK
    assert dict(state.initial_metadata())["x-echo-backend"] == f"production/{service}:50051"


def test_streaming(channel: grpc.Channel) -> None:
    """A stream in both directions ends well."""
    call = channel.stream_stream("/order.v1.OrderService/Watch", echo, echo)
    assert list(call(iter([b"a", b"b", b"c"]), timeout=SECONDS)) == [b""]


def test_unknown_service(channel: grpc.Channel) -> None:
    """No rule is UNIMPLEMENTED, in a form that gRPC clients read."""
    call = channel.unary_unary("/order.v2.OrderService/GetOrder", echo, echo)
    with pytest.raises(grpc.RpcError) as failure:
        call(b"", timeout=SECONDS)
    assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED
