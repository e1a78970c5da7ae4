"""What cannot be used is said with its place, and never a panic."""

from pathlib import Path

import gateline
import pytest


def test_all_that_cannot_be_read_is_located(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1\n")
    (tmp_path / "b.yaml").write_text("kind: x\n\tb: 1\n")
    with pytest.raises(gateline.LoadError) as caught:
        gateline.load(tmp_path)
    errors = caught.value.errors
    assert [Path(error.file or "").name for error in errors] == ["a.yaml", "b.yaml"]
    assert all(error.line and error.column and error.message for error in errors)
    assert str(caught.value).startswith(f"{tmp_path}/a.yaml:")


@pytest.mark.parametrize("paths", [[], ["missing.yaml"], ["missing/*.yaml"]])
def test_nothing_to_read(paths: list[str]) -> None:
    with pytest.raises(gateline.LoadError):
        gateline.load(paths)


def test_a_file_without_objects(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("# nothing\n")
    with pytest.raises(gateline.LoadError, match="it holds no objects"):
        gateline.load(tmp_path)


def test_settings(tmp_path: Path) -> None:
    with pytest.raises(gateline.LoadError, match="unknown field `service`, expected one of `services`"):
        gateline.load("examples/shop", assume={"service": "present"})  # type: ignore[dict-item]
    with pytest.raises(gateline.LoadError, match="unknown variant `there`"):
        gateline.load("examples/shop", assume={"services": "there"})  # type: ignore[dict-item]
    with pytest.raises(gateline.LoadError, match='"nginx" is none of spec'):
        gateline.load("examples/shop", profile="nginx")
    config = tmp_path / "gateline.toml"
    config.write_text("[assume]\nservice = 'present'\n")
    with pytest.raises(gateline.LoadError) as caught:
        gateline.load("examples/shop", config=config)
    (error,) = caught.value.errors
    assert (error.file, error.line, error.column) == (str(config), 2, 1)


@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        ("", "is not a request"),
        ("GET GET https://a/", "is not a request"),
        ("G@T https://a/", "is not a method"),
        ("a.example/x", "must begin with http://"),
        ("https://a b/", "is not"),
        ("https://[::1/", "is not a URL"),
        ("tcp://a", "the port is missing"),
        ("curl", "curl"),
        ("GET https://a/\x00", "is not"),
        ("GET https://\u00e4/", "is not a URL"),
    ],
)
def test_requests(request_text: str, message: str) -> None:
    shop = gateline.load("examples/shop")
    for ask in (shop.route, shop.explain):
        with pytest.raises(gateline.RequestError, match=message):
            ask(request_text)
    with pytest.raises(ValueError, match=message):
        shop.route(request_text)


@pytest.mark.parametrize("name", ["a:b", "a b", "", "\u00e4"])
def test_headers(name: str) -> None:
    shop = gateline.load("examples/shop")
    with pytest.raises(gateline.RequestError, match="is not a header"):
        shop.route("https://www.shop.example.com/", {name: "1"})


def test_a_gateway_has_a_namespace() -> None:
    with pytest.raises(gateline.RequestError, match="is not a Gateway"):
        gateline.load("examples/shop").route("https://a/", gateway="web")


def test_numbers_that_are_too_large() -> None:
    with pytest.raises(OverflowError):
        gateline.load("examples/shop").route("https://a/", random=2**64)


def test_wrong_types() -> None:
    with pytest.raises(TypeError):
        gateline.load("examples/shop").route(1)  # type: ignore[arg-type]


def test_files_of_tests(tmp_path: Path) -> None:
    file = tmp_path / "a.routetest.yaml"
    file.write_text("version: 1\ntests:\n  - name: a\n    reqest: GET https://a/\n    expect: b\n")
    with pytest.raises(gateline.SuiteError) as caught:
        gateline.Suite(file)
    typo = next(error for error in caught.value.errors if "reqest" in error.message)
    assert (typo.line, typo.column, typo.help) == (4, 5, "did you mean `request`?")
    with pytest.raises(gateline.SuiteError, match="cannot read"):
        gateline.Suite(tmp_path / "missing.routetest.yaml")
