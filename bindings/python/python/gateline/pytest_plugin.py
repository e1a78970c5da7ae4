"""Routes in pytest: collects `*.routetest.yaml`, explains failed comparisons, counts the rules that are tested.

```ini
[pytest]
gateline_paths = k8s
gateline_assume = services=present
```
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gateline import _native
from gateline._load import load
from gateline.decision import Backend, Decision
from gateline.errors import GatelineError
from gateline.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from os import PathLike

    from gateline.manifests import Manifests
    from gateline.results import Coverage

ENDINGS = (".routetest.yaml", ".routetest.yml")
SHOWN = 10
"""Rules without a test that are listed."""

_LOADER = pytest.StashKey["Loader"]()
_WHY = pytest.StashKey[str]()
"""The explanation of a comparison that failed."""


class Loader:
    """Loads manifests once, and knows what the tests asked them: the fixture `gateline`."""

    def __init__(self, config: pytest.Config) -> None:
        """Of the settings of a session."""
        self._paths: list[Path] = config.getini("gateline_paths")
        lines = [line.partition("=") for line in config.getini("gateline_assume")]
        self._assume = {kind.strip(): value.strip() for kind, _, value in lines}
        self._profile: str | None = config.getini("gateline_profile") or None
        self.marked: str | None = None
        """The profile of the test that runs, if it names one."""
        self._record = _wants_coverage(config)
        self._loaded: dict[tuple[str | None, ...], Manifests] = {}

    def load(self, *paths: str | PathLike[str], profile: str | None = None) -> Manifests:
        """Manifests of these paths, or of those of `gateline_paths`. Each set is read once for each profile.

        The profile is this one, or that of the test's mark, or `gateline_profile`.
        """
        names = tuple(str(path) for path in paths or self._paths)
        if not names:
            message = "name paths, or write gateline_paths into the settings of pytest"
            raise pytest.UsageError(message)
        profile = profile or self.marked or self._profile
        key = (profile, *names)
        if key not in self._loaded:
            manifests = load(names, assume=cast("Any", self._assume), profile=profile)
            if self._record:
                manifests.record()
            self._loaded[key] = manifests
        return self._loaded[key]

    def coverage(self) -> list[Coverage]:
        """Of each set of manifests."""
        return [manifests.coverage() for manifests in self._loaded.values()]

    def write(self, lcov: str | None, html: str | None) -> None:
        """Write the coverage of all sets to files."""
        _, *texts = _native.coverage([manifests._native for manifests in self._loaded.values()])
        for path, text in zip((lcov, html), texts, strict=True):
            if path:
                Path(path).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def gateline(pytestconfig: pytest.Config) -> Loader:
    """Load manifests with `gateline.load()`, or `gateline.load("k8s")`."""
    return pytestconfig.stash[_LOADER]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and settings."""
    group = parser.getgroup("gateline")
    group.addoption("--gateline-cov", action="store_true", help="print the rules that no test went through")
    group.addoption("--gateline-cov-lcov", metavar="FILE", help="write the coverage of manifests for Codecov")
    group.addoption("--gateline-cov-html", metavar="FILE", help="write the coverage of manifests as a page")
    group.addoption(
        "--gateline-cov-fail-under",
        metavar="PERCENT",
        type=float,
        help="fail if the tests go through less of the rules",
    )
    parser.addini("gateline_paths", "manifests: files and folders", type="paths")
    parser.addini("gateline_profile", "the implementation to decide like, as in envoy-gateway")
    parser.addini("gateline_assume", "what to take things for, as in services=present", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """One loader for each session."""
    if _wants_coverage(config) and getattr(config.option, "numprocesses", None):
        message = "--gateline-cov counts in one process: run it without -n"
        raise pytest.UsageError(message)
    config.addinivalue_line("markers", "gateline(profile): what this test loads decides like this implementation")
    config.stash[_LOADER] = Loader(config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the test's mark says."""
    mark = item.get_closest_marker("gateline")
    if mark is not None and (mark.args or set(mark.kwargs) != {"profile"}):
        message = f"{item.nodeid}: @pytest.mark.gateline takes profile=NAME"
        raise pytest.UsageError(message)
    item.config.stash[_LOADER].marked = None if mark is None else mark.kwargs["profile"]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RouteTests | None:
    """Files of tests beside the manifests."""
    if not file_path.name.endswith(ENDINGS):
        return None
    return RouteTests.from_parent(parent, path=file_path)


class RouteTests(pytest.File):
    """A file of tests."""

    def collect(self) -> Iterator[RouteTest]:
        """Its tests and invariants, in order."""
        try:
            suite = Suite(_shown(self.path))
        except GatelineError as error:
            raise self.CollectError(str(error)) from error
        for index, (name, line) in enumerate(suite.tests):
            item: RouteTest = RouteTest.from_parent(self, name=name)
            item.suite, item.index, item.line = suite, index, line
            yield item


class RouteTest(pytest.Item):
    """One test of a file."""

    suite: Suite
    index: int
    line: int

    def runtest(self) -> None:
        """Run it on the manifests that the file names."""
        manifests = self.config.stash[_LOADER].load(*self.suite.manifests)
        outcome = manifests.run(self.suite, self.index)
        if outcome.verdict == "unknown":
            pytest.skip(outcome.details)
        if not outcome:
            raise FailedRouteTest(outcome.details)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """Why it failed, without the frames of this plugin."""
        if isinstance(excinfo.value, (FailedRouteTest, GatelineError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is written."""
        return self.path, self.line - 1, self.name


class FailedRouteTest(Exception):  # noqa: N818
    """What became of the request, and why."""


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """In what two decisions differ; for a backend, the report gets the explanation."""
    if op != "==":
        return None
    if isinstance(left, Decision) and isinstance(right, Decision):
        before, after = json.loads(left.json()), json.loads(right.json())
        fields = (f"{key}: {before[key]!r} != {after[key]!r}" for key in before if before[key] != after[key])
        return ["the decisions differ", *fields]
    for side in (left, right):
        decision = getattr(side, "decision", None) if isinstance(side, Backend) else None
        if decision is not None:
            config.stash[_WHY] = decision.explain().text
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say why the request went there: below the comparison, because pytest cuts long ones short."""
    report = yield
    why = item.config.stash.get(_WHY, None)
    if why is not None:
        del item.config.stash[_WHY]
        if report.failed:
            report.sections.append(("gateline explain", why))
    return report


def _wants_coverage(config: pytest.Config) -> bool:
    names = ("gateline_cov", "gateline_cov_lcov", "gateline_cov_html")
    return any(map(config.getoption, names)) or config.getoption("gateline_cov_fail_under") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the coverage, and fail if it is too low."""
    config = session.config
    if not _wants_coverage(config):
        return
    loader = config.stash[_LOADER]
    loader.write(config.getoption("gateline_cov_lcov"), config.getoption("gateline_cov_html"))
    limit = config.getoption("gateline_cov_fail_under")
    if limit is not None and _percent(loader.coverage()) < limit and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what no test went through."""
    if not _wants_coverage(config):
        return
    coverage = config.stash[_LOADER].coverage()
    terminalreporter.section("coverage of routes")
    untested = [rule for one in coverage for rule in one.rules if not rule.hits and rule.unreachable is None]
    for rule in untested[:SHOWN]:
        terminalreporter.write_line(f"never exercised: {rule.name}  {rule.location or ''}".rstrip())
        if rule.suggestion:
            terminalreporter.write_line(f"            try: {rule.suggestion}")
    if len(untested) > SHOWN:
        terminalreporter.write_line(f"… {len(untested) - SHOWN} more")
    percent, limit = _percent(coverage), config.getoption("gateline_cov_fail_under")
    missed = f", less than {limit:g} %" if limit is not None and percent < limit else ""
    terminalreporter.write_line(f"rules {percent:.1f} %{missed}")


def _percent(coverage: Iterable[Coverage]) -> float:
    rules = [rule for one in coverage for rule in one.rules if rule.unreachable is None]
    return 100.0 * sum(rule.hits > 0 for rule in rules) / len(rules) if rules else 100.0


def _shown(path: Path) -> Path:
    """As a person would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
