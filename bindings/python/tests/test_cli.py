"""`python -m gateline` is the command line."""

import os
import subprocess
import sys
from pathlib import Path

import gateline
import pytest
from gateline import _native

MANIFEST = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
# A command, the file that it cannot use, and where that is said.
UNUSABLE = {
    "broken YAML": ("check", "a.yaml", "kind: x\na: [1\n", 2),
    "50 MB, broken in line 2": ("check", "a.yaml", "kind: x\na: [1\n# " + "x" * (50 << 20), 2),
    "65 MB": ("check", "a.yaml", "# " + "x" * (65 << 20), 1),
    "a route that is not there": (
        "test",
        "a.routetest.yaml",
        "version: 1\ntests:\n- name: a\n  request: GET http://a/\n  expect: {route: shop}\n",
        5,
    ),
    "look-around": (
        "test",
        "a.routetest.yaml",
        "version: 1\ninvariants:\n- name: a\n  for-all: {path: '~(?=a)b'}\n  always: {status: 404}\n",
        4,
    ),
}
PROGRAM = os.environ.get("GATELINE", "target/debug/gateline")
LINES = [
    ["explain", "examples/shop", "GET https://api.shop.example.com/v1/orders?page=2"],
    ["explain", "examples/shop", "https://www.shop.example.com/", "-H", "x-canary: always", "--format", "json"],
    ["check", "examples/guide"],
    ["check", "examples/guide", "--format", "json"],
    ["test", "examples/shop"],
    ["test", "examples/shop", "--format", "junit"],
    ["diff", "examples/shop", "examples/guide", "--format", "json"],
    ["prove", "--equivalent", "examples/shop", "examples/shop"],
    ["rule", "GL103"],
    ["rule", "GL9999"],
    ["check", "missing"],
    ["explain", "examples/shop", "nonsense"],
    ["explain"],
    ["--version"],
]


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_the_same_as_the_program(words: list[str]) -> None:
    program = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
    module = subprocess.run([sys.executable, "-m", "gateline", *words], capture_output=True, text=True, check=False)
    assert module.stdout == program.stdout
    assert module.stderr == program.stderr
    assert module.returncode == program.returncode
    assert _native.capture(["gateline", *words]) == (program.returncode, program.stdout, program.stderr)


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_used_is_located(case: str, tmp_path: Path) -> None:
    command, name, text, line = UNUSABLE[case]
    (tmp_path / "gateway.yaml").write_text(MANIFEST)
    (tmp_path / name).write_text(text)
    words = [command, str(tmp_path)]
    program = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
    code, out, err = _native.capture(["gateline", *words])
    assert (code, out, err) == (program.returncode, program.stdout, program.stderr)
    assert code == 2
    assert f"{name}:{line}:" in out + err
    if command == "check":
        with pytest.raises(gateline.LoadError) as caught:
            gateline.load(tmp_path)
        (error,) = caught.value.errors
        assert (error.file, error.line) == (str(tmp_path / name), line)


def test_the_console_script() -> None:
    script = Path(sys.executable).parent / "gateline"
    shown = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("gateline ")


def test_what_needs_the_program_says_so() -> None:
    code, out, err = _native.capture(["gateline", "check", "--kubernetes"])
    assert (code, out) == (2, "")
    assert "this build of gateline reads no clusters" in err
    assert _native.capture(["gateline", "serve", "examples/shop"])[0] == 2
