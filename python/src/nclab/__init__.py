"""Neural collapse on imbalanced data, predicted and measured: numpy arrays in, dataclasses out.

`predict`, `thresholds`, `path`, `advise` and `measure` take what the functions and commands of nclab take, by the same names, and give their documents with the same names. All mathematics is in nclab, a
program in Node that is started when first needed and stays.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from . import results, settings
from ._build import build
from ._client import default as _client
from ._errors import DefectError, InputError, NclabError, NodeNotFoundError, WorkError
from .results import Advice, Measurement, Path, Prediction, Thresholds

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .settings import (
        AdviseSettings,
        Matrix,
        MeasureSettings,
        PathSettings,
        PredictSettings,
        ThresholdsSettings,
        Vector,
    )

__version__ = "0.1.0"
__all__ = [
    "Advice",
    "DefectError",
    "InputError",
    "Measurement",
    "NclabError",
    "NodeNotFoundError",
    "Path",
    "Prediction",
    "Thresholds",
    "WorkError",
    "advise",
    "ask",
    "close",
    "measure",
    "path",
    "predict",
    "results",
    "set_timeout",
    "settings",
    "thresholds",
]


def predict(**settings: Unpack[PredictSettings]) -> Prediction:
    """The last layer at the end of training, from class counts and regularization, with a proof. Never raises for lack of accuracy: read `certified`. Raises InputError.

    >>> predict(counts=[500] * 5 + [100] * 5, weightDecay=0.2, ends="batch-norm").summary.merged
    5
    """
    return build(Prediction, ask("predict", **settings))


def thresholds(**settings: Unpack[ThresholdsSettings]) -> Thresholds:
    """Every regularization at which the structure of the optimum changes. Raises InputError."""
    return build(Thresholds, ask("thresholds", **settings))


def path(**settings: Unpack[PathSettings]) -> Path:
    """Certified predictions along one number, and the events between. Raises InputError.

    >>> [row.own for row in path(counts="3x500,3x100", lambdaZ=0.004, imbalance="2:20:4").rows]
    [6, 6, 6, 3]
    """
    return build(Path, ask("path", **settings))


def advise(**settings: Unpack[AdviseSettings]) -> Advice:
    """What becomes of each class, and the least change of every kind that keeps them all. Raises InputError."""
    return build(Advice, ask("advise", **settings))


def measure(features: Matrix, labels: Vector, **settings: Unpack[MeasureSettings]) -> Measurement:
    """Neural collapse of a trained network: n x d features and n class numbers, with a head and what it was trained with where these are known. An array that is the read-only map of a .npy file
    (`np.load(file, mmap_mode="r")`) is read from that file. Raises InputError."""
    return build(Measurement, ask("measure", features=features, labels=labels, **settings))


def ask(request: str, **settings: Any) -> dict[str, Any]:
    """The plain document that answers a request of docs/serve.md: what the functions above are built on. Settings that are None are not given."""
    return _client.ask(request, settings)


def close() -> None:
    """Ends nclab's process; the next call starts another. At Python's end it ends by itself."""
    _client.close()


def set_timeout(seconds: float | None) -> None:
    """How long an answer may take (default None: as long as it takes). After it the process is ended and WorkError raised. Raises InputError."""
    number = isinstance(seconds, int | float | np.integer | np.floating) and not isinstance(seconds, bool)
    if seconds is not None and not (number and 0 < seconds <= threading.TIMEOUT_MAX):
        rule = "a number of seconds above 0, or None"
        shown = seconds if number else repr(seconds)
        raise InputError(f"seconds: expected {rule}, got {shown}", "seconds", rule, shown)
    _client.timeout = None if seconds is None else float(seconds)
