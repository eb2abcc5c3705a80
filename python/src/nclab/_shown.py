"""How results are printed: a field a line; what is long by its size; what the model does not have is left out."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

#: Characters from which on a value is told by its size.
_long = 160


class Shown:
    """A dataclass that a reader can look at: `Z = array of 10 x 10` and not its numbers."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_short(value)}' for name, value in _fields(self))})"


def lines(document: Any) -> str:
    """The same of a whole result."""
    return "\n".join([type(document).__name__, *(f"  {name} = {_short(value)}" for name, value in _fields(document))])


def _fields(value: Any) -> list[tuple[str, Any]]:
    named = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value) if field.repr]
    return [(name, x) for name, x in named if x is not None]


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        numbers = (
            np.array2string(value, precision=5, separator=", ", max_line_width=1 << 30)
            if value.ndim == 1 and value.size <= 20
            else ""
        )
        return numbers if numbers and len(numbers) <= _long else f"array of {' x '.join(map(str, value.shape))}"
    if isinstance(value, list) and value and dataclasses.is_dataclass(value[0]):
        return f"[{type(value[0]).__name__}]" if len(value) == 1 else f"[{len(value)} of {type(value[0]).__name__}]"
    text = repr(value)
    if len(text) <= _long or dataclasses.is_dataclass(value):
        return text
    if isinstance(value, list):
        return f"[{len(value)} of {type(value[0]).__name__}]"
    return f"{{{', '.join(map(str, value))}}}" if isinstance(value, dict) else f"{text[:_long]}…"
