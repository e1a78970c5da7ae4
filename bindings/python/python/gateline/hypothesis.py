"""Requests for property tests with Hypothesis, which is to be installed beside Gateline."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit, urlunsplit

from hypothesis import strategies as st

from gateline.manifests import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from gateline.manifests import Manifests

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_T = TypeVar("_T")


def requests(manifests: Manifests) -> SearchStrategy[Request]:
    """Requests that rules take, and others close to them: what a random URL would hardly ever come upon.

    Each begins as the witness of a rule (`Manifests.witnesses`), with another method, host, path, query or other header
    fields, some of them those of another rule. A counterexample shrinks to a witness. Raises ValueError where no rule
    takes a request.
    """
    witnesses = list(manifests.witnesses().values())
    if not witnesses:
        message = "no rule of these manifests takes a request"
        raise ValueError(message)
    return st.sampled_from(witnesses).flatmap(lambda witness: _near(witness, witnesses))


@st.composite
def _near(draw: DrawFn, witness: Request, witnesses: Sequence[Request]) -> Request:
    method, _, url = witness.text.partition(" ")
    if not url:
        return witness  # A connection has nothing that could be changed.
    other = draw(st.sampled_from([witness, *(one for one in witnesses if " " in one.text)]))
    here, there = urlsplit(url), urlsplit(other.text.partition(" ")[2])
    method = draw(_either(method, METHODS))
    host = draw(_either(here.netloc, [there.netloc, f"sub.{here.netloc}"]))
    path = draw(_either(here.path, [there.path, *_paths(here.path)]))
    query = draw(_either(here.query, [there.query, "a=b"]))
    fields = [*witness.headers, *other.headers]
    some = st.lists(st.sampled_from(fields), max_size=len(fields)) if fields else st.just(fields)
    headers = draw(st.just(witness.headers) | some)
    return Request(f"{method} {urlunsplit((here.scheme, host, path, query, ''))}", headers, witness.gateway)


def _either(own: _T, others: Sequence[_T]) -> SearchStrategy[_T]:
    return st.just(own) | st.sampled_from(others)


def _paths(path: str) -> list[str]:
    """What is taken for the same path, or for another one, by mistake."""
    parent = path.rstrip("/").rpartition("/")[0]
    return [f"{path}/", f"{path}/x", f"{path}x", parent or "/", path.swapcase(), path.replace("/", "//", 1)]
