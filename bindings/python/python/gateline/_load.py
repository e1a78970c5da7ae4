"""From paths and texts to manifests that can be asked."""

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Literal

from gateline import _native
from gateline.manifests import Manifests

Assume = Literal["present", "missing", "unknown"]
Kind = Literal["services", "secrets", "gateways", "namespaces"]
RegexRank = Literal["above-prefix", "below-prefix"]
Path = str | PathLike[str]


def load(
    paths: Path | Iterable[Path],
    *,
    assume: Mapping[Kind, Assume] | None = None,
    config: Path | None = None,
    profile: str | None = None,
    regex_rank: RegexRank | None = None,
) -> Manifests:
    """Read manifests: files, folders or globs.

    `assume` says what to take things for that are not in the input, over what `config` says: a `gateline.toml`, by
    default that of the working directory, if there is one. `profile` is the implementation to decide like
    (`envoy-gateway`), `regex_rank` where regular expressions rank among path matches. Raises LoadError with all that
    could not be read.
    """
    names = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    return Manifests(_native.Manifests(names, [], config, _settings(assume, profile, regex_rank)))


def loads(
    text: str | Mapping[str, str],
    *,
    assume: Mapping[Kind, Assume] | None = None,
    config: Path | None = None,
    profile: str | None = None,
    regex_rank: RegexRank | None = None,
) -> Manifests:
    """Read a text, or texts by name. See `load`; no `gateline.toml` is read that is not named."""
    texts = {"<text>": text} if isinstance(text, str) else text
    return Manifests(_native.Manifests([], list(texts.items()), config, _settings(assume, profile, regex_rank)))


def _settings(assume: Mapping[Kind, Assume] | None, profile: str | None, regex_rank: RegexRank | None) -> str:
    return json.dumps({"assume": dict(assume or {}), "profile": profile, "regex-rank": regex_rank})
