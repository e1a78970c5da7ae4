"""Proofs over all requests."""

from dataclasses import dataclass

from gateline.manifests import Manifests
from gateline.results import Difference


@dataclass(frozen=True, slots=True)
class Proof:
    """It holds for every request."""

    def __bool__(self) -> bool:
        """It holds."""
        return True


@dataclass(frozen=True, slots=True)
class Counterexample:
    """It does not hold: here is a request."""

    difference: Difference

    def __bool__(self) -> bool:
        """It does not hold."""
        return False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be found out."""

    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        """It is not known to hold."""
        return False


def equivalent(before: Manifests, after: Manifests) -> Proof | Counterexample | Unknown:
    """Whether both do the same to every request."""
    diff = before.diff(after)
    if diff.changes:
        return Counterexample(diff.changes[0])
    return Unknown(tuple(diff.unknown)) if diff.unknown else Proof()
