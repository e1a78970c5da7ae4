"""What becomes of a request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from gateline.results import Explanation, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

    from gateline import _native

Kind = Literal["forward", "redirect", "respond", "close", "http", "none"]


class Upstream(NamedTuple):
    """A request as the backend gets it."""

    method: str
    path: str
    """Path and query."""
    host: str
    headers: list[tuple[str, str]]
    """The other header fields, sorted by name."""


class Backend(str):
    """`namespace/name:port`: a text with parts.

    In a failed comparison the pytest plugin says why the request went there.
    """

    __slots__ = ("decision",)

    decision: Decision | None
    """The decision it comes from."""

    def __new__(cls, reference: str, decision: Decision | None = None) -> Self:
        """Of `namespace/name:port`."""
        backend = super().__new__(cls, reference)
        backend.decision = decision
        return backend

    @property
    def namespace(self) -> str:
        """What is before the slash."""
        return self.partition("/")[0]

    @property
    def name(self) -> str:
        """What is between slash and colon."""
        return self.partition("/")[2].partition(":")[0]

    @property
    def port(self) -> int | None:
        """What is behind the colon."""
        port = self.partition(":")[2]
        return int(port) if port else None


class Decision:
    """What becomes of a request: of `Manifests.route`. Fields are made into objects when they are asked for."""

    __slots__ = ("_answer", "_explain")

    def __init__(self, answer: _native.Answer, explain: Callable[[], Explanation]) -> None:
        """Of an answer, and how to explain it."""
        self._answer = answer
        self._explain = explain

    @property
    def kind(self) -> Kind:
        """`forward`, `redirect`, `respond` (the gateway answers), `close`, `http` or `none` (no listener takes it)."""
        return cast("Kind", self._answer.kind)

    @property
    def reason(self) -> str:
        """Why, as one word to compare: `forwarded`, `no-matching-rule`, `ref-not-permitted`, …"""  # noqa: D400, D415
        return self._answer.reason

    @property
    def because(self) -> str:
        """Why, in a sentence whose words may change."""
        return self._answer.because

    @property
    def status(self) -> int | None:
        """What the gateway answers by itself; None when a backend answers."""
        return self._answer.status

    @property
    def listener(self) -> str | None:
        """`namespace/gateway/listener`."""
        return self._answer.listener

    @property
    def route(self) -> str | None:
        """`HTTPRoute/namespace/name`."""
        return self._answer.route

    @property
    def rule(self) -> int | None:
        """Index of the rule in the route."""
        return self._answer.rule

    @property
    def rule_name(self) -> str | None:
        """Name of the rule, if it has one."""
        return self._answer.rule_name

    @property
    def match(self) -> int | None:
        """Index of the match in the rule."""
        return self._answer.matched

    @property
    def location(self) -> str | None:
        """`Location` of a redirect."""
        return self._answer.location

    @property
    def source(self) -> Location | None:
        """Where the match that won is written."""
        source = self._answer.source
        return None if source is None else Location(Path(source[0]), source[1], source[2])

    @property
    def backend(self) -> Backend | None:
        """The backend that the weights picked, also where the reference to it cannot be followed."""
        reference = self._answer.backend
        return None if reference is None else Backend(reference, self)

    @property
    def split(self) -> dict[str, int]:
        """The weights of all backends of the rule, unless the gateway answers before it picks one."""
        split: dict[str, int] = {}
        for backend, weight, _ in self._answer.split:
            split[backend] = split.get(backend, 0) + weight
        return split

    @property
    def upstream(self) -> Upstream | None:
        """The request as the backend gets it."""
        upstream = self._answer.upstream
        return None if upstream is None else Upstream(*upstream)

    def goes_to(self, backend: str) -> bool:
        """Whether this backend gets it: `namespace/name:port`, or less of it."""
        return self._answer.goes_to(backend)

    def explain(self) -> Explanation:
        """Why it goes there, and why not elsewhere."""
        return self._explain()

    def json(self) -> str:
        """All fields, as JSON."""
        return self._answer.json()

    def __eq__(self, other: object) -> bool:
        """Whether both say the same."""
        return self.json() == other.json() if isinstance(other, Decision) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __rich_repr__(self) -> Iterator[tuple[str, object]]:
        """For rich and for repr: what is there, and no more."""
        fields = ("kind", "status", "backend", "location", "route", "rule", "source")
        values = ((field, getattr(self, field)) for field in fields)
        yield from ((field, value) for field, value in values if value is not None)

    def __repr__(self) -> str:
        """In one line."""
        fields = (f"{field}={str(value)!r}" for field, value in self.__rich_repr__())
        return f"<Decision {' '.join(fields)}>"
