"""Authorization servers of both protocols, which let `Bearer good` pass as alice, and a backend."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from envoy.config.core.v3 import base_pb2
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.type.v3 import http_status_pb2
from google.rpc import code_pb2, status_pb2

if TYPE_CHECKING:
    from pathlib import Path

NAME = "auth.internal"
GOOD = "Bearer good"
SLOW_SECONDS = 8.0


class Files(NamedTuple):
    """A certificate that signs itself and its key, as PEM files."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Files:
    """Make one for `NAME`."""
    files = Files(folder / "auth.pem", folder / "auth.key")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=auth", "-addext", f"subjectAltName=DNS:{NAME}"]
    usage = ["-addext", "basicConstraints=critical,CA:false", "-days", "2"]
    out = ["-keyout", str(files.key), "-out", str(files.certificate)]
    subprocess.run([*make, *names, *usage, *out], check=True, capture_output=True)
    return files


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole."""

    protocol_version = "HTTP/1.1"

    def read(self) -> dict[str, Any]:
        """Return the request, with its body."""
        length = int(self.headers["content-length"] or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length).decode()
        return {"method": self.command, "path": self.path, "headers": headers, "body": body}

    def answer(self, status: int, headers: dict[str, str], body: str) -> None:
        """Answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Echo(Handler):
    """The backend: answers with what it got."""

    def do_POST(self) -> None:
        """Answer."""
        self.answer(200, {"x-list": "backend"}, json.dumps(self.read()))

    do_GET = do_POST  # noqa: N815


class Authorizer(Handler):
    """An authorization server over HTTP."""

    def do_POST(self) -> None:
        """Answer."""
        request = self.read()
        server = self.server
        assert isinstance(server, HttpServer)
        server.asked.append(request)
        if request["headers"].get("x-tenant") == "slow":
            time.sleep(SLOW_SECONDS)
        if request["headers"].get("authorization") == GOOD:
            self.answer(200, {"X-User": "alice", "X-Internal": "1"}, "")
        else:
            self.answer(401, {"WWW-Authenticate": "Bearer", "X-Why": "token"}, "who are you?")

    do_GET = do_POST  # noqa: N815


class HttpServer(ThreadingHTTPServer):
    """Serves on a free port from a thread, in TLS if it has a certificate."""

    daemon_threads = True

    def __init__(self, handler: type[Handler], files: Files | None = None) -> None:
        """Start."""
        super().__init__(("127.0.0.1", 0), handler)
        self.asked: list[dict[str, Any]] = []
        if files:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*files)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that trust it no more."""


def option(key: str, value: str, action: str = "APPEND_IF_EXISTS_OR_ADD") -> Any:  # noqa: ANN401
    """Return a header field as the protocol has it."""
    header = base_pb2.HeaderValue(key=key, value=value)
    return base_pb2.HeaderValueOption(header=header, append_action=action)


class GrpcServer:
    """An authorization server over gRPC: `envoy.service.auth.v3.Authorization`."""

    def __init__(self, files: Files | None = None) -> None:
        """Start."""
        self.asked: list[Any] = []
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        external_auth_pb2_grpc.add_AuthorizationServicer_to_server(self, self.server)
        if files:
            pair = (files.key.read_bytes(), files.certificate.read_bytes())
            credentials = grpc.ssl_server_credentials([pair])
            self.port = self.server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def Check(self, request: Any, _: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Answer."""
        self.asked.append(request)
        http = request.attributes.request.http
        if http.headers.get("x-tenant") == "slow":
            time.sleep(SLOW_SECONDS)
        if http.headers.get("authorization") == GOOD:
            return external_auth_pb2.CheckResponse(
                status=status_pb2.Status(code=code_pb2.OK),
                ok_response=external_auth_pb2.OkHttpResponse(
                    headers=[option("x-user", "alice")],
                    headers_to_remove=["authorization"],
                    response_headers_to_add=[
                        option("x-list", "auth"),
                        option("x-checked", "yes", "OVERWRITE_IF_EXISTS_OR_ADD"),
                    ],
                    query_parameters_to_set=[base_pb2.QueryParameter(key="user", value="alice")],
                    query_parameters_to_remove=["token"],
                ),
            )
        return external_auth_pb2.CheckResponse(
            status=status_pb2.Status(code=code_pb2.UNAUTHENTICATED),
            denied_response=external_auth_pb2.DeniedHttpResponse(
                status=http_status_pb2.HttpStatus(code=http_status_pb2.Unauthorized),
                headers=[option("www-authenticate", "Bearer"), option("x-why", "token")],
                body="who are you?",
            ),
        )

    def stop(self) -> None:
        """Stop."""
        self.server.stop(None)
