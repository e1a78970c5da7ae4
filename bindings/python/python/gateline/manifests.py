"""Manifests that can be asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from gateline import _native
from gateline.decision import Decision
from gateline.errors import ExpectationError
from gateline.results import Coverage, Diff, Explanation, Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateline.suite import Suite

    Headers = Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]]


class Request(NamedTuple):
    """A request with all that belongs to it: of `Manifests.witnesses` and `gateline.hypothesis.requests`."""

    text: str
    """`GET https://host/path`, or a connection (`tls://host:port`, `tcp://:port`, `udp://:port`)."""
    headers: list[tuple[str, str]]
    gateway: str | None
    """The Gateway (`namespace/name`) it is sent to, if not any."""


class Manifests:
    """Manifests and their router: of `gateline.load`. Cannot change, and may be asked by many threads at once."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Manifests) -> None:
        """Of what was loaded; `gateline.load` makes them."""
        self._native = native

    def route(
        self,
        request: str | Request,
        headers: Headers | None = None,
        *,
        gateway: str | None = None,
        random: int = 0,
    ) -> Decision:
        """Where a request goes.

        `request` is `GET https://host/path`, the URL alone, a whole curl command, a connection (`tls://host:port`,
        `tcp://:port`, `udp://:port`), or a Request, which has header fields and Gateway of its own. It is sent to the
        Gateway that is named (`namespace/name`), or to any that has the port. `random`, spread evenly over 0…2**64,
        picks the backend by weight. Raises RequestError.
        """
        if isinstance(request, Request):
            request, headers, gateway = request
        fields = None if headers is None else _fields(headers)
        answer = self._native.route(request, fields, gateway, random)
        return Decision(answer, lambda: self.explain(request, headers, gateway=gateway, random=random))

    def grpc(
        self,
        host: str,
        method: str,
        metadata: Headers | None = None,
        *,
        gateway: str | None = None,
        random: int = 0,
    ) -> Decision:
        """Where a call goes; `method` is `package.Service/Method`. A host without a scheme is called over TLS."""
        url = host if "://" in host else f"https://{host}"
        text, fields = _native.grpc(url, method)
        headers = [*fields, *_fields(metadata or {})]
        return self.route(text, headers, gateway=gateway, random=random)

    def explain(
        self,
        request: str | Request,
        headers: Headers | None = None,
        *,
        gateway: str | None = None,
        random: int = 0,
    ) -> Explanation:
        """Where a request goes, and why not elsewhere. See `route`."""
        if isinstance(request, Request):
            request, headers, gateway = request
        fields = None if headers is None else _fields(headers)
        text, words = self._native.explain(request, fields, gateway, random)
        return Explanation.of(text, words, json.loads(text))

    def witnesses(self) -> dict[str, Request]:
        """For each attached rule, `HTTPRoute/namespace/name#0` or `…#name`, a request that it takes.

        Rules that none is found for are left out.
        """
        witnesses = json.loads(self._native.witnesses())
        return {
            one["rule"]: Request(one["request"], [(name, value) for name, value in one["headers"]], one.get("gateway"))
            for one in witnesses
        }

    def expect(self, request: str | Mapping[str, Any], expect: object, **more: object) -> None:
        """Assert what becomes of a request, in the words of a `*.routetest.yaml`.

        `request` is a text, or `method`, `url` and `headers`; `expect` is a backend (`svc:80`), a status, or a mapping
        of what is expected; `more` are other keys of a test: `gateway`, `follow`, `created`, `matrix`. It must hold for
        every order in which routes may have been created, and for every backend with a share of the weights. Raises
        ExpectationError with the reason, or SuiteError.
        """
        test = {"name": str(request), "request": request, "expect": expect, **more}
        reports, details = self._native.expect(json.dumps(test, ensure_ascii=False))
        if not all(map(bool, (Outcome.of(report, details) for report in json.loads(reports)))):
            raise ExpectationError(details)

    def run(self, suite: Suite, index: int) -> Outcome:
        """Run the test, or prove the invariant, at an index of `suite.tests`; whatever manifests the file names."""
        data, details = self._native.run(suite._native, index)
        return Outcome.of(json.loads(data), details)

    def check(self, *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Finding]:
        """All findings, by place, as `gateline check` reports them; only codes that begin with one of `select`."""
        chosen, ignored = tuple(select), tuple(ignore)
        findings = map(Finding.of, json.loads(self._native.findings()))
        return [
            finding
            for finding in findings
            if (not chosen or finding.code.startswith(chosen)) and not (ignored and finding.code.startswith(ignored))
        ]

    def diff(self, after: Manifests) -> Diff:
        """Which requests have another effect on `after`, over all requests."""
        return Diff.of(json.loads(self._native.diff(after._native)))

    def record(self) -> None:
        """Remember from now on what is asked, for `coverage`."""
        self._native.record()

    def coverage(self) -> Coverage:
        """What `route` and `expect` went through since `record`."""
        data, lcov, html = _native.coverage([self._native])
        return Coverage.of(json.loads(data)[0], lcov, html)

    def __repr__(self) -> str:
        """What there is, in numbers."""
        objects, listeners, routes = self._native.counts
        return f"<Manifests: {objects} objects, {listeners} listeners, {routes} routes>"


def _fields(headers: Headers) -> list[tuple[str, str]]:
    pairs = getattr(headers, "items", None)
    if pairs is None:
        return list(headers)  # type: ignore[arg-type]
    fields: list[tuple[str, str]] = []
    for name, value in pairs():
        if isinstance(value, str):
            fields.append((name, value))
        else:
            fields.extend((name, one) for one in value)
    return fields
