"""Know where every request goes under the Kubernetes Gateway API, before you apply.

>>> import gateline
>>> routes = gateline.load("examples/shop")
>>> routes.route("GET https://www.shop.example.com/healthz").backend
'storefront/pages:8080'
"""

from gateline import prove
from gateline._load import load, loads
from gateline.decision import Backend, Decision, Upstream
from gateline.errors import (
    ExpectationError,
    GatelineError,
    LoadError,
    Located,
    RequestError,
    SuiteError,
)
from gateline.manifests import Manifests, Request
from gateline.results import (
    Candidate,
    Coverage,
    Covered,
    Diff,
    Difference,
    Explanation,
    Finding,
    Location,
    Outcome,
    Side,
    Witness,
)
from gateline.suite import Suite

__all__ = [
    "Backend",
    "Candidate",
    "Coverage",
    "Covered",
    "Decision",
    "Diff",
    "Difference",
    "ExpectationError",
    "Explanation",
    "Finding",
    "GatelineError",
    "LoadError",
    "Located",
    "Location",
    "Manifests",
    "Outcome",
    "Request",
    "RequestError",
    "Side",
    "Suite",
    "SuiteError",
    "Upstream",
    "Witness",
    "diff",
    "load",
    "loads",
    "prove",
]


def diff(before: Manifests, after: Manifests) -> Diff:
    """Which requests have another effect on `after` than on `before`, over all requests."""
    return before.diff(after)
