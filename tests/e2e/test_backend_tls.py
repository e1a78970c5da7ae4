"""TLS to a backend that OpenSSL serves, verified by the authorities of the system."""

from __future__ import annotations

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from conftest import MANIFESTS
from gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "backend.internal"


class Secure(BaseHTTPRequestHandler):
    """Answers with the server name of the handshake."""

    def do_GET(self) -> None:
        """Answer."""
        name: str = getattr(self.connection, "asked_for", "")
        self.send_response(200)
        self.send_header("content-length", str(len(name)))
        self.end_headers()
        self.wfile.write(name.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def note_name(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
    """Keep the server name with its connection."""
    vars(connection)["asked_for"] = name or ""


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[int]:
    """Serve with a certificate that signs itself; returns the port."""
    certificate, key = tmp_path / "backend.pem", tmp_path / "backend.key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=backend", "-addext", f"subjectAltName=DNS:{NAME}"]
    usage = ["-addext", "basicConstraints=critical,CA:false"]
    files = ["-days", "2", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *names, *usage, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = note_name
    server = ThreadingHTTPServer(("127.0.0.1", 0), Secure)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def serve(folder: Path, port: int) -> Gateway:
    """Send both Services to the one backend."""
    named = [
        word for name in ("good", "bad") for word in ("--backend", f"default/{name}:443=127.0.0.1:{port}")
    ]
    return Gateway(folder, "serve", MANIFESTS / "backend-tls.yaml", "--bind", "127.0.0.1", *named)


@pytest.mark.parametrize("trusted", [True, False])
def test_system_authorities(
    tmp_path: Path, backend: int, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    """A known authority and the right name pass, with the name of the policy; anything else is never 200."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "backend.pem"))
    gateway = serve(tmp_path, backend)
    try:
        good = gateway.curl("http://app.example.com/good")
        assert (good.status, good.body == NAME) == ((200, True) if trusted else (503, False))
        assert gateway.curl("http://app.example.com/bad").status == 503
    finally:
        gateway.stop()
