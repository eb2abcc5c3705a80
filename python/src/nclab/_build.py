"""Documents as dataclasses: the fields and their types say what becomes of each key."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

#: Numbers; null is NaN, "inf" infinity.
Floats: TypeAlias = NDArray[np.float64]
#: Whole numbers: classes, counts.
Ints: TypeAlias = NDArray[np.int64]

T = TypeVar("T")
_words = {"inf": math.inf, "-inf": -math.inf}


def build(kind: type[T], document: Mapping[str, Any]) -> T:
    """A dataclass of a document's object. Keys that the document lacks are None; `class`, a word of Python's, is `class_`; what the dataclass does not know is left to `document`."""
    given = {}
    known: Any = kind
    for name, (key, hint) in _fields(known).items():
        if key == "document":
            given[name] = document
        else:
            given[name] = _value(hint, document.get(key))
    return kind(**given)


@functools.cache
def _fields(kind: Any) -> dict[str, tuple[str, Any]]:
    hints = typing.get_type_hints(kind)
    return {field.name: (field.name.rstrip("_"), hints[field.name]) for field in dataclasses.fields(kind)}


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if hint == Floats:
        return _floats(value)
    if hint == Ints:
        return np.array(value, dtype=np.int64)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _value(next(x for x in arguments if x is not type(None)), value)
    if origin is list:
        return [_value(arguments[0], x) for x in value]
    if origin is dict:
        return {key: _value(arguments[1], x) for key, x in value.items()}
    if hint is float:
        return float(_words.get(value, value) if isinstance(value, str) else value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value)
    return value


def _floats(value: Any) -> Floats:
    try:
        # null is NaN to NumPy.
        return np.array(value, dtype=np.float64)
    except ValueError:
        return np.array(_without_words(value), dtype=np.float64)


def _without_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_words(x) for x in value]
    return _words.get(value, value) if isinstance(value, str) else value
