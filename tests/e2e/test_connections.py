"""TLSRoute, TCPRoute and UDPRoute: curl and openssl through the real binary, to backends and to echoes."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from conftest import MANIFESTS
from gateway import Gateway, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Says that TLS ended here."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"behind its own certificate")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def secure_backend(folder: Path) -> tuple[int, Path]:
    """Serve HTTPS for secure.example.com; return the port and the certificate, which signs itself."""
    certificate, key = folder / "secure.pem", folder / "secure.key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=secure", "-addext", "subjectAltName=DNS:secure.example.com"]
    files = ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], certificate


@dataclass(frozen=True)
class Edge:
    """The gateway with what its clients need."""

    gateway: Gateway
    port: int
    """Of TCP and of UDP."""
    certificate: Path
    """Of the backend that TLS passes through to."""


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run `gateline dev`: one backend is real, the others are echoes."""
    folder = tmp_path_factory.mktemp("connections")
    backend, certificate = secure_backend(folder)
    port = free_port()
    real = f"default/secure:443=127.0.0.1:{backend}"
    manifest = MANIFESTS / "connections.yaml"
    gateway = Gateway(folder, "dev", manifest, "--port", f"9000={port}", "--backend", real)
    yield Edge(gateway, port, certificate)
    assert gateway.stop() == 0, gateway.log.read_text()


def test_curl_sees_the_certificate_of_the_backend_that_tls_passes_through_to(edge: Edge) -> None:
    """The gateway has no key for this name."""
    seen = edge.gateway.curl("https://secure.example.com/", "--cacert", str(edge.certificate))
    assert (seen.status, seen.body) == (200, "behind its own certificate")
    with pytest.raises(ConnectionError, match="certificate"):
        edge.gateway.curl("https://secure.example.com/")


def test_https_goes_on_beside_it(edge: Edge) -> None:
    """HTTPS has the names that no TLS listener of the port takes, and those alone."""
    assert edge.gateway.curl("https://www.example.com/").backend == "default/web:80"
    host = ["--header", "Host: secure.example.com"]
    assert edge.gateway.curl("https://www.example.com/", *host).status == 421


def openssl(edge: Edge, name: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    """Say hello inside TLS, wait a moment for the answer, end."""
    client = ["openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error"]
    to = ["-connect", f"127.0.0.1:{edge.gateway.https}", "-servername", name, "-CAfile", str(edge.gateway.ca)]
    line = f"(echo hello; sleep 1) | {' '.join([*client, *to, *args])}"
    return subprocess.run(["sh", "-c", line], capture_output=True, check=False, timeout=20)


@pytest.mark.parametrize(
    ("name", "backend"), [("end.example.com", "default/db:5432"), ("pass.example.com", "default/pass:443")]
)
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_speaks_through(edge: Edge, name: str, backend: str, version: str) -> None:
    """TLS that ends here, and TLS that ends in the echo."""
    assert openssl(edge, name, version).stdout == f"{backend}: hello\n".encode()


def test_a_name_that_nobody_takes_gets_no_handshake(edge: Edge) -> None:
    """It is closed, and no alert says why."""
    done = openssl(edge, "example.org")
    assert done.returncode != 0
    assert b"alert" not in done.stderr


def test_tcp_ends_each_way_by_itself(edge: Edge) -> None:
    """What the client has yet to read comes after its own end."""
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as client:
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(1024), b""))
    assert answer == b"default/tcp:9000: hello"


def test_udp_answers_the_address_that_asked(edge: Edge) -> None:
    """A connected socket hears nobody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", edge.port))
        for text in (b"one", b"two", b"x" * 8000):
            client.send(text)
            assert client.recv(65535) == b"default/udp:53: " + text


def test_the_lines_that_dev_prints_can_be_pasted(edge: Edge) -> None:
    """Each says hello and hears its backend."""
    printed = edge.gateway.log.read_text().split("\ntry\n")[1].splitlines()
    lines = [line.strip() for line in printed if "echo hello" in line and "secure.example.com" not in line]
    backends = {
        "pass.example.com": "pass:443",
        "end.example.com": "db:5432",
        "nc -u": "udp:53",
        "nc": "tcp:9000",
    }
    assert len(lines) == len(backends)
    for line in lines:
        backend = next(backend for word, backend in backends.items() if word in line)
        if "| nc " in line and shutil.which("nc") is None:
            continue
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=False, timeout=20)
        assert done.stdout == f"default/{backend}: hello\n".encode(), line


def test_metrics_count_connections_and_sessions(edge: Edge) -> None:
    """Also those that nobody took."""
    openssl(edge, "example.org")
    tcp = 'envoy_tcp_downstream_cx_no_route{envoy_tcp_prefix="tls-443"} '
    udp = 'envoy_udp_downstream_sess_total{envoy_udp_prefix="udp-9000"} '

    def counted() -> bool:
        page = edge.gateway.get_admin("/stats/prometheus")[1].splitlines()
        return all(any(line.startswith(name) and line != f"{name}0" for line in page) for name in (tcp, udp))

    wait_until("counters", counted)
