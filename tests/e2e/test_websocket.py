"""A real WebSocket client through the gateway."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from websockets.sync.client import connect

if TYPE_CHECKING:
    from gateway import Gateway


def test_messages_both_ways(guide: Gateway) -> None:
    """The upgrade passes, messages come back, the close handshake ends both sides."""
    tls = ssl.create_default_context(cafile=str(guide.ca))
    stream = socket.create_connection(("127.0.0.1", guide.https), timeout=10)
    with connect(
        "wss://app.example.com/chat", sock=stream, ssl=tls, open_timeout=10, close_timeout=10
    ) as client:
        assert client.response is not None
        assert client.response.headers["x-echo-backend"] == "production/app-service:8080"
        for message in ("hello", "x" * 100_000, b"\x00\x01"):
            client.send(message)
            assert client.recv(timeout=10) == message
    assert client.protocol.close_code == 1000
