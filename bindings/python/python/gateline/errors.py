"""What goes wrong, with places."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Located:
    """One thing that cannot be used."""

    message: str
    help: str | None = None
    """What to do, if that is known."""
    file: str | None = None
    """None for what is in no file: an argument."""
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1, in characters."""

    def __str__(self) -> str:
        """`file:line:column: message; help`."""
        place = f"{self.file}:{self.line}:{self.column}: " if self.file is not None else ""
        return f"{place}{self.message}" + (f"; {self.help}" if self.help else "")


class GatelineError(Exception):
    """Something cannot be used. `errors` holds all that is wrong."""

    errors: tuple[Located, ...]

    def __init__(self, errors: Iterable[tuple[str, str | None, str | None, int | None, int | None]]) -> None:
        """`errors` are messages, what to do, files, lines and columns."""
        errors = tuple(errors)
        super().__init__(errors)
        self.errors = tuple(Located(*error) for error in errors)

    def __str__(self) -> str:
        """One line for each error."""
        return "\n".join(map(str, self.errors))


class LoadError(GatelineError):
    """Manifests, or the settings for them, cannot be used."""


class RequestError(GatelineError, ValueError):
    """A text is no request."""


class SuiteError(GatelineError):
    """A test, or a file of tests, cannot be used."""


class ExpectationError(AssertionError):
    """A request does not go where it was expected to go; the message says what became of it, and why."""
