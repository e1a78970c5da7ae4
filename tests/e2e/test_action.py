"""The GitHub Action and the pre-commit hooks, in repositories of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gateway import BINARY, ROOT

if TYPE_CHECKING:
    from pathlib import Path

ROUTES = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: web, namespace: web }}
spec:
  gatewayClassName: gateline
  listeners:
    - {{ name: http, port: 80, protocol: HTTP, hostname: web.example.com }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: web, namespace: web }}
spec:
  parentRefs: [{{ name: web }}]
  rules:
    - backendRefs: [{{ name: {backend}, port: 80 }}]
"""
TESTS = """\
version: 1
tests:
  - name: home
    request: GET http://web.example.com/
    expect: {backend}:80
"""
ASSUME = "--assume services=present --assume gateways=present"


@dataclass(frozen=True)
class Repository:
    """A repository of manifests whose branch moves everything from `before` to `after`."""

    folder: Path
    base: str

    @classmethod
    def make(cls, folder: Path) -> Repository:
        """Make it, with the change on the branch still uncommitted."""
        (folder / "k8s").mkdir(parents=True)
        cls.write(folder, "before")
        commit(folder)
        cls.write(folder, "after")
        return cls(folder, git(folder, "rev-parse", "HEAD").strip())

    @staticmethod
    def write(folder: Path, backend: str) -> None:
        """Write the manifests and their test for a backend."""
        (folder / "k8s/web.yaml").write_text(ROUTES.format(backend=backend))
        (folder / "k8s/web.routetest.yaml").write_text(TESTS.format(backend=backend))


@dataclass(frozen=True)
class Ran:
    """What became of a step."""

    code: int
    printed: str
    summary: str


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path) -> None:
    """Make a repository of a folder."""
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    git(folder, *author, "commit", "--quiet", "--message=all")


def with_gateline(folder: Path) -> dict[str, str]:
    """Return an environment in which `gateline` is the binary under test."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "gateline").symlink_to(BINARY)
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Give a repository."""
    return Repository.make(tmp_path / "repository")


def step(name: str, repository: Repository, folder: Path, **inputs: str) -> Ran:
    """Run one step of action.yml as a runner does: its expressions replaced, under `bash -eo pipefail`."""
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    known = {key: str(value["default"]) for key, value in action["inputs"].items()} | inputs
    [found] = [one for one in action["runs"]["steps"] if one.get("name") == name]

    def expressions(text: str) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: known[match[1]], text)

    files = {name: folder / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    environment = with_gateline(folder) | {key: expressions(value) for key, value in found["env"].items()}
    environment |= {"RUNNER_TEMP": str(folder)} | {key: str(file) for key, file in files.items()}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", found["run"]],
        cwd=repository.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    summary = files["GITHUB_STEP_SUMMARY"]
    return Ran(done.returncode, done.stdout + done.stderr, summary.read_text() if summary.exists() else "")


def test_the_action_annotates_a_finding(repository: Repository, tmp_path: Path) -> None:
    """A finding fails the job and stands at its line."""
    manifest = repository.folder / "k8s/web.yaml"
    manifest.write_text(manifest.read_text().replace("{ name: web }]", "{ name: wbe }]"))
    ran = step("gateline check", repository, tmp_path, path="k8s", args=ASSUME)
    assert ran.code == 1
    assert "::warning file=k8s/web.yaml,line=7," in ran.printed, ran.printed


def test_the_action_passes_what_is_well(repository: Repository, tmp_path: Path) -> None:
    """Manifests without findings pass."""
    ran = step("gateline check", repository, tmp_path, path="k8s", args=ASSUME)
    assert ran.code == 0, ran.printed


def test_the_action_runs_the_tests(repository: Repository, tmp_path: Path) -> None:
    """A test that fails fails the job."""
    tests = repository.folder / "k8s/web.routetest.yaml"
    tests.write_text(tests.read_text().replace("after:80", "{ status: 404 }"))
    ran = step("gateline test", repository, tmp_path, path="k8s", args=ASSUME)
    assert ran.code == 1
    assert "::error file=k8s/web.routetest.yaml" in ran.printed, ran.printed


def test_the_action_says_how_to_begin_with_tests(repository: Repository, tmp_path: Path) -> None:
    """A repository without tests passes, and is told how to write the first."""
    (repository.folder / "k8s/web.routetest.yaml").unlink()
    ran = step("gateline test", repository, tmp_path, path="k8s", args=ASSUME)
    assert ran.code == 0
    assert ran.printed.startswith("::notice"), ran.printed


@pytest.mark.parametrize(("fail_on", "code"), [("", 0), ("lost,opened", 0), ("moved", 1)])
def test_the_action_shows_what_changes(
    repository: Repository, tmp_path: Path, fail_on: str, code: int
) -> None:
    """Changes are in the summary, and fail the job where their kind was named."""
    inputs = {"path": "k8s", "args": ASSUME, "base": repository.base, "fail-on": fail_on}
    ran = step("gateline diff", repository, tmp_path, **inputs)
    assert ran.code == code, ran.printed
    assert "| **MOVED** | `http://web.example.com/**` |" in ran.summary


def test_the_action_refuses_a_base_that_was_not_fetched(repository: Repository, tmp_path: Path) -> None:
    """A comparison that could not be made is never taken for one without changes."""
    ran = step("gateline diff", repository, tmp_path, path="k8s", args=ASSUME, base="0123456789abcdef")
    assert ran.code == 2
    assert ran.summary == ""


@pytest.mark.parametrize(("hook", "wrong"), [("gateline-check", "wbe"), ("gateline-test", "web, port: 81")])
def test_the_hooks_of_pre_commit(repository: Repository, tmp_path: Path, hook: str, wrong: str) -> None:
    """Run by pre-commit, a hook passes what is well and stops a commit of what is not."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    commit(hooks)
    (repository.folder / "gateline.toml").write_text('[assume]\nservices = "present"\ngateways = "present"\n')
    git(repository.folder, "add", ".")
    environment = with_gateline(tmp_path) | {"PRE_COMMIT_HOME": str(tmp_path / "home")}

    def run() -> int:
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), hook, "--all-files"]
        return subprocess.run(command, cwd=repository.folder, env=environment, check=False).returncode

    assert run() == 0
    manifest = repository.folder / "k8s/web.yaml"
    manifest.write_text(manifest.read_text().replace("{ name: web }]", f"{{ name: {wrong} }}]"))
    assert run() == 1
