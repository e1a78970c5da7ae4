"""How long a call takes: `python bindings/python/bench.py [PATH]`, at the root of the repository.

The native call is the same work in the same process without Python: the text is parsed, the request is decided, its
filters are applied. Best of several rounds.
"""

import sys
import timeit
from pathlib import Path

import gateline

ROUNDS, CALLS = 7, 50_000
REQUESTS: list[tuple[str, str, dict[str, str] | None]] = [
    ("no header fields", "GET https://api.shop.example.com/v1/orders?page=2", None),
    ("three header fields", "GET https://www.shop.example.com/", {"x-canary": "always", "accept": "*/*", "x-a": "1"}),
    ("a redirect", "GET http://www.shop.example.com/cart", None),
]


def main() -> None:
    manifests = gateline.load(Path(sys.argv[1]) if len(sys.argv) > 1 else "examples/shop")
    print(f"{'nanoseconds per call':24}{'native':>8}{'route()':>9}{'and .backend':>14}")
    for name, request, headers in REQUESTS:
        fields = list((headers or {}).items())
        native = min(manifests._native.benchmark(request, fields, CALLS) for _ in range(ROUNDS))
        route = best(lambda request=request, headers=headers: manifests.route(request, headers))  # type: ignore[misc]
        read = best(lambda request=request, headers=headers: manifests.route(request, headers).backend)  # type: ignore[misc]
        print(f"{name:24}{native:8.0f}{route:9.0f}{read:14.0f}")


def best(call: "timeit._Stmt") -> float:
    return min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e9


if __name__ == "__main__":
    main()
