"""Decisions, on the shop of `examples/`."""

import json
import threading
from pathlib import Path

import gateline
import pytest
from gateline import prove

SHOP = Path("examples/shop")
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: infra}
spec: {parentRefs: [{name: web}], rules: [{backendRefs: [{name: shop, port: 8080}]}]}
"""


@pytest.fixture(scope="session")
def shop() -> gateline.Manifests:
    return gateline.load(SHOP)


def test_a_request_goes_to_a_backend(shop: gateline.Manifests) -> None:
    decision = shop.route("GET https://www.shop.example.com/", {"x-canary": "always"})
    assert (decision.kind, decision.reason, decision.status) == ("forward", "forwarded", None)
    assert decision.backend == "storefront/pages-next:8080"
    assert decision.backend is not None
    assert (decision.backend.namespace, decision.backend.name, decision.backend.port) == (
        "storefront",
        "pages-next",
        8080,
    )
    assert all(map(decision.goes_to, ("storefront/pages-next:8080", "pages-next:8080", "pages-next")))
    assert not any(map(decision.goes_to, ("pages", "pages-next:80", "api/pages-next")))
    assert decision.source is not None
    assert decision.source.file.name == "03-storefront.yaml"
    assert decision.upstream is not None
    assert ("x-canary", "always") in decision.upstream.headers


def test_weights(shop: gateline.Manifests) -> None:
    request = "GET https://www.shop.example.com/"
    decision = shop.route(request)
    assert decision.split == {"storefront/pages:8080": 90, "storefront/pages-next:8080": 10}
    step = 2**64 // 1000
    picked = [shop.route(request, random=index * step).backend for index in range(1000)]
    assert abs(picked.count("storefront/pages-next:8080") - 100) <= 1  # type: ignore[arg-type]


def test_a_redirect(shop: gateline.Manifests) -> None:
    decision = shop.route("http://www.shop.example.com/cart?item=7")
    assert (decision.kind, decision.status) == ("redirect", 301)
    assert decision.location == "https://www.shop.example.com/cart?item=7"
    assert decision.backend is None


def test_nobody_listens(shop: gateline.Manifests) -> None:
    decision = shop.route("GET http://www.shop.example.com:81/")
    assert (decision.kind, decision.reason) == ("none", "no-matching-listener")
    assert "no listener has port 81" in decision.because


def test_grpc(shop: gateline.Manifests) -> None:
    decision = shop.grpc("grpc.shop.example.com", "shop.payments.v1.Payments/Refund")
    assert decision.route == "GRPCRoute/payments/payments"
    assert decision.rule_name == "refunds"
    with pytest.raises(gateline.RequestError, match="is not a gRPC method"):
        shop.grpc("grpc.shop.example.com", "Refund")


def test_a_gateway_of_its_own(shop: gateline.Manifests) -> None:
    request = "GET https://www.shop.example.com/"
    assert shop.route(request, gateway="edge/shop").kind == "forward"
    assert shop.route(request, gateway="edge/other").kind == "none"


def test_headers_are_mappings_lists_and_pairs(shop: gateline.Manifests) -> None:
    request = "GET https://www.shop.example.com/"
    wanted = shop.route(request, {"x-canary": "always"})
    assert shop.route(request, [("x-canary", "always")]) == wanted
    both = shop.route(request, {"x-a": ["1", "2"]})
    assert both.upstream is not None
    assert [value for name, value in both.upstream.headers if name == "x-a"] == ["1", "2"]


def test_an_explanation_is_data_and_text(shop: gateline.Manifests) -> None:
    explanation = shop.route("GET https://api.shop.example.com/v1/orders").explain()
    assert explanation.outcome == "forward"
    assert [candidate.verdict for candidate in explanation.candidates] == ["failed", "failed", "won"]
    assert json.loads(explanation.json) == explanation.data
    assert "wins: no other rule matches" in str(explanation)


def test_expectations(shop: gateline.Manifests) -> None:
    request = "GET https://www.shop.example.com/"
    shop.expect(request, {"split": {"pages": 90, "pages-next": 10}})
    shop.expect({"url": "https://www.shop.example.com/", "headers": {"x-canary": "always"}}, "pages-next:8080")
    shop.expect("GET http://www.shop.example.com/", {"status": 301}, follow={"ends-at": {"rule": "pages#everything"}})
    with pytest.raises(gateline.ExpectationError, match="expected  pages:8080"):
        shop.expect(request, "pages:8080")
    with pytest.raises(gateline.SuiteError, match="did you mean `backend`"):
        shop.expect(request, {"backnd": "pages"})
    with pytest.raises(gateline.SuiteError, match="there is no backend"):
        shop.expect(request, "page")


def test_findings() -> None:
    guide = gateline.load("examples/guide")
    findings = guide.check(select=["GL1", "GL2"], ignore=["GL108"])
    codes = {finding.code for finding in findings}
    assert {"GL103", "GL203"} <= codes
    assert all(code.startswith(("GL1", "GL2")) and code != "GL108" for code in codes)
    first = next(finding for finding in findings if finding.code == "GL103")
    assert first.severity == "error"
    assert str(first.location) == "examples/guide/01-three-tiers.yaml:36:7"
    assert "no listener with sectionName" in str(first)


def test_assumptions_are_those_of_the_command_line() -> None:
    text = GATEWAY + ROUTE
    assert gateline.loads(text).route("http://a/").kind == "forward"
    missing = gateline.loads(text, assume={"services": "missing"})
    assert (missing.route("http://a/").status, missing.route("http://a/").reason) == (500, "backend-unresolved")


def test_a_difference_has_a_witness() -> None:
    before, after = gateline.loads(GATEWAY + ROUTE), gateline.loads(GATEWAY)
    diff = gateline.diff(before, after)
    assert diff
    assert [change.kind for change in diff.changes] == ["LOST"]
    assert diff.changes[0].witness.curl.startswith("curl ")
    assert isinstance(prove.equivalent(before, after), prove.Counterexample)
    assert isinstance(prove.equivalent(before, before), prove.Proof)
    assert not gateline.diff(before, before)


def test_coverage_counts_what_is_asked() -> None:
    shop = gateline.load(SHOP)
    shop.record()
    assert shop.coverage().percent == 0
    shop.route("GET https://www.shop.example.com/healthz")
    hit = [rule for rule in shop.coverage().rules if rule.hits]
    assert [rule.name for rule in hit] == ["HTTPRoute/storefront/pages#1"]
    assert "DA:" in shop.coverage().lcov


def test_other_threads_run_meanwhile(shop: gateline.Manifests) -> None:
    calls = threading.Thread(target=shop._native.benchmark, args=("GET https://www.shop.example.com/", [], 10_000))
    calls.start()
    turns = 0
    while calls.is_alive():
        turns += 1
    assert turns > 10


def test_one_router_answers_many_threads(shop: gateline.Manifests) -> None:
    wrong: list[str] = []

    def ask() -> None:
        for number in range(300):
            decision = shop.route(f"GET https://www.shop.example.com/products/{number}")
            if decision.route != "HTTPRoute/storefront/pages" or "catalogue" not in (decision.backend or ""):
                wrong.append(repr(decision))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
