from __future__ import annotations

from typing import Any


class NclabError(Exception):
    """What nclab says went wrong; the one class to catch."""


class InputError(NclabError, ValueError):
    """Wrong input: `what` is wrong, `rule` was expected, `value` came instead (a number or text as it is, anything else as the message shows it). All three are None where the message is in other
    words."""

    def __init__(
        self, message: str, what: str | None = None, rule: str | None = None, value: float | str | bool | None = None
    ) -> None:
        super().__init__(message)
        self.what = what
        self.rule = rule
        self.value = value

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str | None, str | None, float | str | bool | None]]:
        return InputError, (str(self), self.what, self.rule, self.value)


class _WrongTypeError(InputError, TypeError):
    """Wrong input that is of a type which has no numbers."""

    def __reduce__(self) -> Any:
        return _WrongTypeError, (str(self), self.what, self.rule, self.value)


def wrong_type(what: str, rule: str, got: str) -> InputError:
    """An InputError that is a TypeError too."""
    return _WrongTypeError(f"{what}: expected {rule}, got {got}", what, rule, got)


class WorkError(NclabError, RuntimeError):
    """Work that could not be done: no memory, a process that ended. The next call starts anew."""


class DefectError(NclabError, RuntimeError):
    """A fault of nclab itself: please report it with its message."""


class NodeNotFoundError(NclabError, RuntimeError):
    """There is no Node that runs nclab; the message says where it was looked for."""
