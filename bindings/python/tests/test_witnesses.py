"""Requests that are made from the manifests."""

import gateline
import pytest
from gateline.hypothesis import requests
from hypothesis import find, given, settings

SHOP = gateline.load("examples/shop")


def test_each_rule_takes_its_witness() -> None:
    witnesses = SHOP.witnesses()
    for rule, request in witnesses.items():
        decision = SHOP.route(request)
        assert rule in {f"{decision.route}#{decision.rule}", f"{decision.route}#{decision.rule_name}"}
    assert len(witnesses) >= 11


@settings(derandomize=True, database=None, max_examples=300, deadline=None)
@given(requests(SHOP))
def test_a_decision_and_its_explanation_agree(request: gateline.Request) -> None:
    decision, explanation = SHOP.route(request), SHOP.explain(request)
    winners = [(one.route, one.rule) for one in explanation.candidates if one.verdict == "won"]
    assert winners == ([(decision.route, decision.rule)] if decision.route else [])


@pytest.mark.parametrize("kind", ["forward", "redirect", "respond"])
def test_the_simplest_is_a_witness_and_others_are_not_all_hits(kind: str) -> None:
    quiet = settings(derandomize=True, database=None, max_examples=2000)
    found = find(requests(SHOP), lambda request: SHOP.route(request).kind == kind, settings=quiet)
    assert (found in SHOP.witnesses().values()) == (kind != "respond")


def test_connections_are_left_as_they_are() -> None:
    routes = gateline.loads(
        """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec: {gatewayClassName: any, listeners: [{name: tcp, port: 9000, protocol: TCP}]}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: shop, namespace: infra}
spec: {parentRefs: [{name: web}], rules: [{backendRefs: [{name: shop, port: 8080}]}]}
"""
    )
    assert find(requests(routes), lambda _: True).text == "tcp://:9000"


def test_nothing_to_ask_for() -> None:
    with pytest.raises(ValueError, match="no rule"):
        requests(gateline.loads("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}]}}"))
