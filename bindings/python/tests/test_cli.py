"""`python -m gateline` is the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gateline import _native

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


def test_the_console_script() -> None:
    script = Path(sys.executable).parent / "gateline"
    shown = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("gateline ")


def test_what_needs_the_program_says_so() -> None:
    code, out, err = _native.capture(["gateline", "check", "--kubernetes"])
    assert (code, out) == (2, "")
    assert "this build of gateline reads no clusters" in err
    assert _native.capture(["gateline", "serve", "examples/shop"])[0] == 2
