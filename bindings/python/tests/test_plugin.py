"""The pytest plugin, run by pytest."""

from pathlib import Path

import pytest

SHOP = Path("examples/shop").resolve()
TESTS = """
version: 1
manifests: [{shop}]
tests:
  - name: the health of the storefront
    request: GET https://www.shop.example.com/healthz
    expect: pages:8080
  - name: all goes to pages
    request: GET https://www.shop.example.com/
    expect: pages:8080
invariants:
  - name: nothing is served in the clear
    for-all: {{ scheme: http }}
    never: {{ backend: '*' }}
"""


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini(f"[pytest]\ngateline_paths = {SHOP}\n")
    return pytester


def test_files_of_tests_are_collected(shop: pytest.Pytester) -> None:
    shop.path.joinpath("shop.routetest.yaml").write_text(TESTS.format(shop=SHOP))
    result = shop.runpytest("-rA")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*all goes to pages*",
            "expected  pages:8080",
            "got       *split storefront/pages:8080 90*",
            "*shop.routetest.yaml:*",
        ]
    )
    assert "pytest_plugin.py" not in result.stdout.str()


def test_one_test_can_be_chosen(shop: pytest.Pytester) -> None:
    shop.path.joinpath("shop.routetest.yaml").write_text(TESTS.format(shop=SHOP))
    shop.runpytest("-k", "health").assert_outcomes(passed=1, deselected=2)


def test_a_file_that_cannot_be_used_is_an_error(shop: pytest.Pytester) -> None:
    shop.path.joinpath("shop.routetest.yaml").write_text("version: 2\ntests: []\n")
    result = shop.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*shop.routetest.yaml:1:10: this version of Gateline reads `version: 1`*"])


def test_manifests_that_cannot_be_read(shop: pytest.Pytester) -> None:
    shop.path.joinpath("shop.routetest.yaml").write_text(TESTS.format(shop="missing.yaml"))
    result = shop.runpytest()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*missing.yaml:1:1: cannot read:*"])


def test_the_fixture_loads(shop: pytest.Pytester) -> None:
    shop.makepyfile("""
        def test_backend(gateline):
            routes = gateline.load()
            assert routes.route("GET https://www.shop.example.com/healthz").backend == "storefront/pages:8080"
            assert gateline.load() is routes
    """)
    shop.runpytest().assert_outcomes(passed=1)


def test_a_failed_comparison_says_why(shop: pytest.Pytester) -> None:
    shop.makepyfile("""
        def test_backend(gateline):
            decision = gateline.load().route("GET https://api.shop.example.com/v1/orders")
            assert decision.backend == "api/orders:8080"

        def test_decisions(gateline):
            routes = gateline.load()
            assert routes.route("https://www.shop.example.com/") == routes.route("https://www.shop.example.com:81/")
    """)
    result = shop.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E*assert 'api/orders-v2:8080' == 'api/orders:8080'",
            "*gateline explain*",
            "candidates, strongest first",
            "*HTTPRoute/api/api#1  Prefix /v1*",
            "written at *04-api.yaml:41:11",
        ]
    )
    result.stdout.fnmatch_lines(["E*the decisions differ", "E*kind: 'forward' != 'none'"])


def test_coverage(shop: pytest.Pytester) -> None:
    shop.makepyfile("""
        def test_backend(gateline):
            gateline.load().route("GET https://www.shop.example.com/healthz")
    """)
    result = shop.runpytest("--gateline-cov", "--gateline-cov-lcov=lcov.info", "--gateline-cov-html=coverage.html")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["never exercised: *", "            try: *", "rules 9.1 %"])
    assert "DA:" in (shop.path / "lcov.info").read_text()
    assert "<html" in (shop.path / "coverage.html").read_text()


def test_coverage_that_is_too_low_fails(shop: pytest.Pytester) -> None:
    shop.makepyfile("def test_backend(gateline): gateline.load().route('https://www.shop.example.com/healthz')")
    result = shop.runpytest("--gateline-cov-fail-under=10")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["rules 9.1 %, less than 10 %"])
    assert shop.runpytest("--gateline-cov-fail-under=9").ret == pytest.ExitCode.OK


def test_both_count_together(shop: pytest.Pytester) -> None:
    tests = TESTS.format(shop=SHOP).replace("expect: pages:8080", "expect: pages")
    shop.path.joinpath("shop.routetest.yaml").write_text(tests)
    shop.makepyfile("def test_backend(gateline): gateline.load().route('http://www.shop.example.com/')")
    result = shop.runpytest("--gateline-cov")
    result.stdout.fnmatch_lines(["rules 27.3 %"])


REGEX = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  gatewayClassName: any
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: items, namespace: shop}
spec:
  parentRefs: [{name: web}]
  rules:
    - matches: [{path: {type: RegularExpression, value: "/items/[0-9]+"}}]
      backendRefs: [{name: items, port: 80}]
    - matches: [{path: {type: RegularExpression, value: "/items.*"}, method: GET}]
      backendRefs: [{name: list, port: 80}]
"""


def test_a_mark_names_a_profile(shop: pytest.Pytester) -> None:
    shop.path.joinpath("items.yaml").write_text(REGEX)
    shop.makepyfile("""
        import pytest

        def backend(gateline, **options):
            return gateline.load("items.yaml", **options).route("GET http://a.example/items/1").backend.name

        def test_spec(gateline):
            assert backend(gateline) == "list"

        @pytest.mark.gateline(profile="envoy-gateway")
        def test_marked(gateline):
            assert backend(gateline) == "items"
            assert backend(gateline, profile="spec") == "list"

        def test_not_marked(gateline):
            assert backend(gateline) == "list"

        @pytest.mark.gateline("envoy-gateway")
        def test_wrongly_marked(gateline):
            pass
    """)
    result = shop.runpytest("--strict-markers")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*test_wrongly_marked: @pytest.mark.gateline takes profile=NAME*"])


def test_the_settings_name_a_profile(shop: pytest.Pytester) -> None:
    shop.makeini("[pytest]\ngateline_paths = items.yaml\ngateline_profile = envoy-gatway\n")
    shop.path.joinpath("items.yaml").write_text(REGEX)
    shop.makepyfile("def test_load(gateline): gateline.load()")
    result = shop.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*envoy-gatway*"])
