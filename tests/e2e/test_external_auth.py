"""ExternalAuth filters, and servers that others wrote: http.server, and grpcio with Envoy's messages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from authorizers import GOOD, SLOW_SECONDS, Authorizer, Echo, GrpcServer, HttpServer, make_certificate
from conftest import MANIFESTS
from gateway import Gateway, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://app.example.com"
AUTHORIZED = ("--header", f"Authorization: {GOOD}")
BOTH = pytest.mark.parametrize("transport", ["clear", "tls"])
EACH = pytest.mark.parametrize("protocol", ["http", "grpc"])


@dataclass
class Scene:
    """A gateway, the authorization servers by name, and the backend."""

    gateway: Gateway
    http: dict[str, HttpServer]
    grpc: dict[str, GrpcServer]
    app: HttpServer


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Serve the manifest, with the authority of the servers that speak TLS."""
    folder = tmp_path_factory.mktemp("external-auth")
    files = make_certificate(folder)
    manifest = folder / "external-auth.yaml"
    authority = "".join(f"    {line}\n" for line in files.certificate.read_text().splitlines())
    bundle = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: auth-ca, namespace: default }\n"
    text = (MANIFESTS / "external-auth.yaml").read_text()
    manifest.write_text(f"{text}{bundle}data:\n  ca.crt: |\n{authority}")
    app = HttpServer(Echo)
    http = {"clear": HttpServer(Authorizer), "tls": HttpServer(Authorizer, files)}
    grpc = {"clear": GrpcServer(), "tls": GrpcServer(files)}
    ports = {"app": app.port, "down": free_port(), "untrusted": http["tls"].port}
    ports |= {f"http-{name}": server.port for name, server in http.items()}
    ports |= {f"grpc-{name}": server.port for name, server in grpc.items()}
    named = [
        word for name, port in ports.items() for word in ("--backend", f"default/{name}:80=127.0.0.1:{port}")
    ]
    gateway = Gateway(folder, "serve", manifest, "--bind", "127.0.0.1", *named)
    yield Scene(gateway, http, grpc, app)
    gateway.stop()
    for http_server in (app, *http.values()):
        http_server.stop()
    for grpc_server in grpc.values():
        grpc_server.stop()


@BOTH
def test_http_allows(scene: Scene, transport: str) -> None:
    """The question is a request like the client's; what is listed of the answer goes to the backend."""
    headers = ("--header", "X-Tenant: t", "--header", "X-Secret: s", "--header", "X-User: root")
    url = f"{URL}/http-{transport}/a?b=c"
    answer = scene.gateway.curl(url, *AUTHORIZED, *headers, "--data", "sixteen bytes.!!")
    assert answer.status == 200
    question = scene.http[transport].asked[-1]
    assert (question["method"], question["path"]) == ("POST", f"/check/http-{transport}/a?b=c")
    assert question["body"] == "sixteen bytes.!!"
    told = question["headers"]
    assert (told["host"], told["authorization"]) == (f"app.example.com:{scene.gateway.http}", GOOD)
    assert (told["x-tenant"], told["content-length"]) == ("t", "16")
    assert not {"x-secret", "x-user", "user-agent"} & set(told)
    got = answer.echo()
    assert (got["path"], got["body"]) == (f"/http-{transport}/a?b=c", "sixteen bytes.!!")
    assert (got["headers"]["x-user"], got["headers"]["x-secret"]) == ("alice", "s")
    assert "x-internal" not in got["headers"]


@BOTH
def test_grpc_allows(scene: Scene, transport: str) -> None:
    """The message describes the request; the answer changes headers and query, and the client's response."""
    headers = ("--header", "X-Tenant: t", "--header", "X-Secret: s", "--header", "X-User: root")
    url = f"{URL}/grpc-{transport}/a?token=x&b=c"
    answer = scene.gateway.curl(url, *AUTHORIZED, *headers, "--data", "sixteen bytes.!!")
    assert answer.status == 200
    attributes = scene.grpc[transport].asked[-1].attributes
    http = attributes.request.http
    assert (http.method, http.path) == ("POST", f"/grpc-{transport}/a?token=x&b=c")
    assert (http.host, http.scheme) == (f"app.example.com:{scene.gateway.http}", "http")
    assert (http.protocol, http.size, http.body) == ("HTTP/1.1", 16, "sixteen bytes.!!")
    assert dict(http.headers) == {"authorization": GOOD, "x-tenant": "t"}
    assert attributes.source.address.socket_address.address == "127.0.0.1"
    assert attributes.destination.address.socket_address.port_value == scene.gateway.http
    assert abs(attributes.request.time.seconds - time.time()) < 60
    got = answer.echo()
    assert (got["path"], got["body"]) == (f"/grpc-{transport}/a?b=c&user=alice", "sixteen bytes.!!")
    assert (got["headers"]["x-user"], got["headers"]["x-secret"]) == ("alice", "s")
    assert "authorization" not in got["headers"]
    assert "x-checked" not in got["headers"]
    assert answer.headers.get_all("x-list") == ["backend", "auth"]
    assert answer.headers["x-checked"] == "yes"


@BOTH
@EACH
def test_denies(scene: Scene, protocol: str, transport: str) -> None:
    """A refusal is the client's, with its headers and body."""
    answer = scene.gateway.curl(f"{URL}/{protocol}-{transport}/", "--header", "Authorization: Bearer bad")
    assert (answer.status, answer.body) == (401, "who are you?")
    assert (answer.headers["www-authenticate"], answer.headers["x-why"]) == ("Bearer", "token")
    assert "x-checked" not in answer.headers


@EACH
def test_a_body_beyond_the_limit(scene: Scene, protocol: str) -> None:
    """It is neither cut off nor let pass, and nobody is asked."""
    asked = scene.http["clear"].asked if protocol == "http" else scene.grpc["clear"].asked
    before = len(asked)
    answer = scene.gateway.curl(f"{URL}/{protocol}-clear/", *AUTHORIZED, "--data", "seventeen bytes.!")
    assert (answer.status, len(asked)) == (413, before)


@EACH
def test_nobody_answers(scene: Scene, protocol: str) -> None:
    """Fails closed: 503 where nobody listens."""
    assert scene.gateway.curl(f"{URL}/{protocol}-down/", *AUTHORIZED).status == 503


def test_a_server_that_is_not_the_right_one(scene: Scene) -> None:
    """Fails closed: 503 where the certificate is not for the policy's name; nothing is told."""
    asked = scene.http["tls"].asked
    before = len(asked)
    assert scene.gateway.curl(f"{URL}/untrusted/", *AUTHORIZED).status == 503
    assert len(asked) == before


@EACH
def test_a_slow_server(scene: Scene, protocol: str) -> None:
    """Fails closed: 504 after 5 s."""
    start = time.monotonic()
    answer = scene.gateway.curl(f"{URL}/{protocol}-clear/", *AUTHORIZED, "--header", "X-Tenant: slow")
    assert answer.status == 504
    assert 4.5 < time.monotonic() - start < SLOW_SECONDS


def test_before_routing(scene: Scene) -> None:
    """The filters of a listener are asked before a rule is chosen: also where none would be."""
    guarded = "http://guarded.example.com/guarded"
    assert scene.gateway.curl(guarded).status == 401
    assert scene.gateway.curl("http://guarded.example.com/none").status == 401
    passed = scene.gateway.curl(f"{guarded}?token=x", *AUTHORIZED)
    assert passed.status == 200
    assert passed.echo()["path"] == "/guarded?user=alice"
    assert passed.headers["x-checked"] == "yes"
    nowhere = scene.gateway.curl("http://guarded.example.com/none", *AUTHORIZED)
    assert (nowhere.status, nowhere.headers["x-checked"]) == (404, "yes")
