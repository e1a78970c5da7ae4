"""The real binary as a child process, and curl as its client. Everything stays on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import parse_headers
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).parents[2]
BINARY = os.environ.get("GATELINE", str(ROOT / "target/debug/gateline"))
START_SECONDS = 20.0


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until(what: str, holds: Any, seconds: float = 10.0) -> None:  # noqa: ANN401
    """Poll until something holds; fail with its name if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not after {seconds} s"
        time.sleep(0.02)


@dataclass(frozen=True)
class Response:
    """What curl got."""

    version: str
    status: int
    headers: Message
    body: str

    @property
    def backend(self) -> str | None:
        """The echo backend that answered, as `namespace/service:port`."""
        return self.headers["x-echo-backend"]

    def echo(self) -> dict[str, Any]:
        """Return the request as the echo backend saw it."""
        seen: dict[str, Any] = json.loads(self.body)
        return seen


class Gateway:
    """`gateline dev` or `gateline serve`, ready to take requests."""

    def __init__(self, folder: Path, command: str, *args: str | Path) -> None:
        """Start it and wait until it is ready."""
        self.http = free_port()
        self.https = free_port()
        self.admin = f"http://127.0.0.1:{(admin := free_port())}"
        self.log = folder / f"{command}-{self.http}.log"
        ports = ["--port", f"80={self.http}", "--port", f"443={self.https}", "--admin", f"127.0.0.1:{admin}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [BINARY, command, *map(str, args), *ports],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.ca = folder / f"gateline-dev-ca-{self.process.pid}.pem"
        try:
            wait_until("ready", self.ready, START_SECONDS)
        except AssertionError:
            self.stop()
            raise AssertionError(self.log.read_text()) from None

    def ready(self) -> bool:
        """Whether /ready answers 200."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get_admin("/ready")[0] == 200
        except OSError:
            return False

    def get_admin(self, path: str) -> tuple[int, str]:
        """Status and body of an admin page."""
        try:
            with urllib.request.urlopen(self.admin + path, timeout=5) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def curl(self, url: str, *args: str) -> Response:
        """One request; the host of the URL is resolved to this gateway."""
        output = self.run_curl(url, "--include", *args)
        head, _, body = output.partition(b"\r\n\r\n")
        first, _, fields = head.partition(b"\r\n")
        version, status = first.decode().split()[:2]
        headers = parse_headers(BytesIO(fields + b"\r\n\r\n"))
        return Response(version, int(status), headers, body.decode())

    def backends(self, url: str, count: int) -> list[str]:
        """Which echo backend answered each of many requests on one connection."""
        output = self.run_curl(
            f"{url}?[1-{count}]", "--output", "/dev/null", "--write-out", "%header{x-echo-backend}\n"
        )
        return output.decode().split()

    def run_curl(self, url: str, *args: str) -> bytes:
        """Return what curl prints; raise if it fails."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        port = self.https if scheme == "https" else self.http
        call = [
            "curl",
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--resolve",
            f"{host}:{port}:127.0.0.1",
        ]
        if scheme == "https":
            call += ["--cacert", str(self.ca)]
        done = subprocess.run(
            [*call, *args, f"{scheme}://{host}:{port}/{path}"], capture_output=True, check=False
        )
        if done.returncode != 0:
            raise ConnectionError(done.stderr.decode())
        return done.stdout

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Drain and wait for the end."""
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
