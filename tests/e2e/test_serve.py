"""`gateline serve`: reload under load, a bad file, drain, metrics. Loads are small, bounded, on loopback."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import MANIFESTS
from gateway import Gateway, Response, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "http://app.example.com/"


class Handler(BaseHTTPRequestHandler):
    """Answers with the name of its backend, late if asked to."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer; `/slow` takes more than a second."""
        if self.path == "/slow":
            time.sleep(1.5)
        name: str = getattr(self.server, "name", "")
        self.send_response(200)
        self.send_header("content-length", str(len(name)))
        self.end_headers()
        self.wfile.write(name.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Backend(ThreadingHTTPServer):
    """A backend with a name."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name: str) -> None:
        """Bind a free port and serve from a thread."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def argument(self, service: str) -> str:
        """What `--backend` wants to make it an endpoint of a Service."""
        return f"default/{service}:80=127.0.0.1:{self.server_address[1]}"


def serve(folder: Path, manifest: Path, services: dict[str, str], *options: str) -> Iterator[Gateway]:
    """Serve a manifest with backends of its own: the name of each, and the Service it is an endpoint of."""
    backends = [Backend(name) for name in services]
    arguments = [backend.argument(services[backend.name]) for backend in backends]
    named = [word for argument in arguments for word in ("--backend", argument)]
    gateway = Gateway(folder, "serve", manifest, "--bind", "127.0.0.1", *named, *options)
    yield gateway
    gateway.stop()
    for backend in backends:
        backend.shutdown()
        backend.server_close()


def copied(folder: Path, name: str) -> Path:
    """Return a copy of a manifest that a test may edit."""
    path = folder / "manifests" / name
    path.parent.mkdir()
    path.write_text((MANIFESTS / name).read_text())
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return a copy that a test may edit."""
    return copied(tmp_path, "serve.yaml")


@pytest.fixture
def gateway(tmp_path: Path, manifest: Path) -> Iterator[Gateway]:
    """Serve the copy, with two backends of its own."""
    yield from serve(tmp_path, manifest, {"blue": "blue", "green": "green"})


@pytest.mark.parametrize("protocol", ["--h1", "--no-tls-proto=h2c"])
def test_reload_under_load(gateway: Gateway, manifest: Path, protocol: str) -> None:
    """An edited file is taken up while requests pass, and none of them fails."""
    load = subprocess.Popen(
        [
            "h2load",
            protocol,
            "--clients=4",
            "--requests=1200",
            "--rps=100",
            f"http://127.0.0.1:{gateway.http}/",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.5)
    manifest.write_text(manifest.read_text().replace("name: blue", "name: green"))
    wait_until("the new backend", lambda: gateway.curl(URL).body == "green")
    assert load.poll() is None, "the load must still be under way"
    report, _ = load.communicate(timeout=60)
    assert "1200 succeeded, 0 failed, 0 errored" in report, report
    assert "status codes: 1200 2xx" in report, report


def test_a_bad_file_changes_nothing(gateway: Gateway, manifest: Path) -> None:
    """The old configuration stays, and the reason is told with its place."""
    good = manifest.read_text()
    manifest.write_text(good.replace("  rules:", "\trules: ["))
    wait_until("a word about it", lambda: re.search(r"serve\.yaml:\d+", gateway.log.read_text()))
    assert gateway.curl(URL).body == "blue"
    assert gateway.ready()
    manifest.write_text(good.replace("name: blue", "name: green"))
    wait_until("the repaired file", lambda: gateway.curl(URL).body == "green")


def test_drain(gateway: Gateway) -> None:
    """SIGTERM lets a request under way finish, takes no new ones and ends with 0."""
    answers: list[Response] = []
    slow = threading.Thread(target=lambda: answers.append(gateway.curl(URL + "slow")))
    slow.start()
    time.sleep(0.5)
    gateway.terminate()
    time.sleep(0.3)
    with pytest.raises(ConnectionError):
        gateway.curl(URL)
    slow.join(timeout=20)
    assert [(answer.body, answer.headers["connection"]) for answer in answers] == [("blue", "close")]
    assert gateway.process.wait(timeout=10) == 0


def test_drain_http2(gateway: Gateway) -> None:
    """The same with nghttp: GOAWAY without an error, and the stream under way is answered."""
    call = ["nghttp", "--verbose", f"http://127.0.0.1:{gateway.http}/slow"]
    slow = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    gateway.terminate()
    time.sleep(0.3)
    with pytest.raises(ConnectionError):
        gateway.curl(URL)
    frames, _ = slow.communicate(timeout=20)
    goaway, answer = frames.find("recv GOAWAY frame"), frames.find(":status: 200")
    assert 0 < goaway < answer, frames
    assert "error_code=NO_ERROR" in frames[goaway:answer], frames
    assert "blue" in frames[answer:], frames
    assert slow.returncode == 0
    assert gateway.process.wait(timeout=10) == 0


def test_metrics(gateway: Gateway) -> None:
    """Prometheus' own parser reads them, and they count what was sent."""
    for _ in range(7):
        assert gateway.curl(URL).status == 200
    samples: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(gateway.get_admin("/stats/prometheus")[1]):
        for sample in family.samples:
            key = sample.labels.get("le") or sample.labels.get("envoy_response_code_class") or ""
            samples[sample.name, key] = sample.value
    assert samples["envoy_http_downstream_rq_total", ""] == 7
    assert samples["envoy_http_downstream_rq_xx_total", "2"] == 7
    assert samples["envoy_http_downstream_rq_xx_total", "5"] == 0
    buckets = [
        (float(le), value) for (name, le), value in samples.items() if name.endswith("_rq_time_bucket")
    ]
    counts = [value for _, value in sorted(buckets)]
    assert counts == sorted(counts)
    assert counts[-1] == samples["envoy_http_downstream_rq_time_count", ""] == 7
