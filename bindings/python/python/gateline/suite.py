"""Files of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateline import _native

if TYPE_CHECKING:
    from os import PathLike


class Suite:
    """A `*.routetest.yaml`. Raises SuiteError with all that is wrong with it."""

    __slots__ = ("_native", "manifests", "tests")

    def __init__(self, path: str | PathLike[str]) -> None:
        """Read a file."""
        self._native = _native.Suite(path)
        self.manifests: list[str] = [str(path) for path in self._native.manifests]
        """What its tests are run on."""
        self.tests: list[tuple[str, int]] = self._native.tests
        """Names and lines of its tests, then of its invariants."""
