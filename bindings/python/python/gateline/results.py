"""Results as frozen data. They are made from the JSON that the command line prints, and each keeps it in `data`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]
Severity = Literal["info", "warning", "error"]
Verdict = Literal["passed", "failed", "proved", "unknown", "invalid"]


class Location(NamedTuple):
    """A place in a file."""

    file: Path
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""

    def __str__(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


def _location(place: Json | None) -> Location | None:
    return None if place is None else Location(Path(place["file"]), place["line"], place["column"])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match that could have taken the request, and what became of it."""

    route: str
    rule: int
    match: int
    verdict: Literal["won", "lost", "failed"]
    predicates: str
    """The match in one line."""
    source: Location | None
    data: Json = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a request goes and why not elsewhere; as a text, what `gateline explain` prints."""

    text: str = field(repr=False)
    json: str = field(repr=False)
    """Byte for byte what `gateline explain --format json` prints, without the last line break."""
    data: Json = field(repr=False, compare=False)
    """The same, read."""
    outcome: str
    candidates: Sequence[Candidate]
    """Strongest first."""

    @classmethod
    def of(cls, json: str, text: str, data: Json) -> Explanation:
        """Of the JSON of the command line, its text, and what it reads as."""
        candidates = [
            Candidate(
                route=one["route"],
                rule=one["rule"],
                match=one["match"],
                verdict=one["verdict"]["verdict"],
                predicates=one["predicates"],
                source=_location(one["source"]),
                data=one,
            )
            for one in data["candidates"]
        ]
        return cls(text, json, data, data["outcome"], candidates)

    def __str__(self) -> str:
        """For people."""
        return self.text


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or worth knowing: of `Manifests.check`."""

    code: str
    """`GL103`."""
    slug: str
    severity: Severity
    message: str
    help: str | None
    """What to do, if that is known."""
    object: str
    """`HTTPRoute namespace/name`."""
    location: Location | None
    data: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Finding:
        """Of the JSON of the command line."""
        origin = data["origin"]
        name = origin["object"]
        words = {key: data[key] for key in ("code", "slug", "severity", "message", "help")}
        owner = f"{origin['kind']} {name['namespace']}/{name['name']}"
        return cls(**words, object=owner, location=_location(origin["place"]), data=data)

    def __str__(self) -> str:
        """As `gateline check` prints it."""
        place = "" if self.location is None else f"{self.location}: "
        help_line = f"\n  help: {self.help}" if self.help else ""
        return f"{place}{self.severity}[{self.code}] {self.message}{help_line}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test."""

    name: str
    request: str
    verdict: Verdict
    details: str = field(repr=False)
    """Why it did not pass, in lines."""
    data: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, data: Json, details: str) -> Outcome:
        """Of the JSON of the command line."""
        return cls(data["name"], data["request"], data["verdict"], details, data)

    def __bool__(self) -> bool:
        """Whether it passed, or was proved."""
        return self.verdict in ("passed", "proved")


@dataclass(frozen=True, slots=True)
class Covered:
    """A part of the manifests, and how many requests went through it."""

    name: str
    hits: int
    location: Location | None
    unreachable: str | None
    """Why no request can reach it: it is left out of the count then."""
    suggestion: str | None
    """A request that would go through it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What requests went through."""

    rules: Sequence[Covered]
    matches: Sequence[Covered]
    hostnames: Sequence[Covered]
    listeners: Sequence[Covered]
    backends: Sequence[Covered]
    lcov: str = field(repr=False)
    """For genhtml and Codecov."""
    html: str = field(repr=False)
    """A page."""

    @classmethod
    def of(cls, data: Mapping[str, Sequence[Json]], lcov: str, html: str) -> Coverage:
        """Of the JSON of the command line."""
        kinds = ("rules", "matches", "hostnames", "listeners", "backends")
        parts = {
            kind: [
                Covered(one["name"], one["hits"], _location(one["place"]), one["unreachable"], one["try"])
                for one in data[kind]
            ]
            for kind in kinds
        }
        return cls(**parts, lcov=lcov, html=html)

    @property
    def percent(self) -> float:
        """Of the rules that can be reached; 100 where there are none."""
        reachable = [rule for rule in self.rules if rule.unreachable is None]
        hit = sum(rule.hits > 0 for rule in reachable)
        return 100.0 * hit / len(reachable) if reachable else 100.0


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that shows a difference."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    curl: str
    """The command that sends it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a difference."""

    effect: str
    route: str | None
    rule: int | None
    match: int | None
    source: Location | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A class of requests that have another effect."""

    kind: str
    """`LOST`, `OPENED`, `MOVED`, …"""
    gateway: str
    port: int
    scheme: str
    hosts: Sequence[str]
    paths: Sequence[str]
    conditions: Sequence[str]
    before: Side
    after: Side
    witness: Witness

    @classmethod
    def of(cls, data: Json) -> Difference:
        """Of the JSON of the command line."""
        witness = data["witness"]
        headers = [(name, value) for name, value in witness["headers"]]
        plain = ("kind", "gateway", "port", "scheme", "hosts", "paths", "conditions")
        return cls(
            **{key: data[key] for key in plain},
            before=_side(data["before"]),
            after=_side(data["after"]),
            witness=Witness(witness["method"], witness["url"], headers, witness["curl"]),
        )


def _side(data: Json) -> Side:
    return Side(data["effect"], data["route"], data["rule"], data["match"], _location(data["source"]))


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change of manifests does to requests. False if nothing changes that is known."""

    changes: Sequence[Difference]
    """By kind, the gravest first."""
    unknown: Sequence[str]
    """What could not be compared. Empty, and no changes: proved to do the same."""

    @classmethod
    def of(cls, data: Json) -> Diff:
        """Of the JSON of the command line."""
        return cls([Difference.of(change) for change in data["changes"]], data["unknown"])

    def __bool__(self) -> bool:
        """Whether there are changes."""
        return bool(self.changes)
