"""What a recorder is given, checked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ._errors import InputError


def wrong(what: str, rule: str, got: Any) -> InputError:
    shown = got if isinstance(got, str | int | float) else type(got).__name__
    return InputError(f"{what}: expected {rule}, got {shown}", what, rule, shown)


def check(model: Any, criterion: Any, when: Any, keep: Any, every: Any) -> None:
    """Raises InputError."""
    if not isinstance(model, torch.nn.Module):
        raise wrong("model", "a torch.nn.Module", model)
    if isinstance(model, torch.jit.ScriptModule):
        raise wrong("model", "a network in Python (record it before torch.jit.script or trace)", type(model).__name__)
    lazy = next((name for name, x in model.named_parameters() if torch.nn.parameter.is_lazy(x)), None)
    if lazy is not None:
        raise wrong("model", "parameters that have their shapes (run a batch through it first)", f"{lazy}, which is lazy")
    if criterion is not None and not isinstance(criterion, torch.nn.Module):
        rule = "the module of the loss (nn.CrossEntropyLoss()), or none and labels(y) after each forward pass"
        raise wrong("criterion", rule, getattr(criterion, "__name__", criterion))
    for name, value, known in (("when", when, ("train", "eval")), ("keep", keep, ("last", "all"))):
        if value not in known:
            raise wrong(name, " or ".join(known), repr(value))
    if not whole(every) or every < 1:
        raise wrong("every", "a whole number of at least 1", every)


def check_decay(value: Any) -> None:
    """Raises InputError."""
    if value is not None and not (_number(value) and value >= 0):
        raise wrong("weight_decay", "a number of at least 0, or None", repr(value))


def check_patience(value: Any) -> None:
    """Raises InputError."""
    if not (_number(value) and value > 0):
        raise wrong("patience", "a number of seconds above 0", repr(value))


def _number(value: Any) -> bool:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return number and math.isfinite(value)


def whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def optimizers(given: Any) -> list[torch.optim.Optimizer]:
    """One or several as a list; wrappers (of accelerate, say) that have groups of parameters are optimizers too. Raises InputError."""
    found = [given] if hasattr(given, "param_groups") else list(given) if isinstance(given, list | tuple) else [given]
    for optimizer in found:
        if not hasattr(optimizer, "param_groups"):
            raise wrong("optimizer", "one of torch.optim, or several", getattr(optimizer, "__name__", optimizer))
    return found


def class_numbers(given: Any, samples: int, rows: int) -> np.ndarray[Any, Any]:
    """Labels of a pass over `samples` with a head of `rows`, flat. Raises InputError."""
    if isinstance(given, torch.Tensor):
        # NumPy has no bfloat16.
        given = given.detach().cpu().double() if given.is_floating_point() else given.detach().cpu()
    found = np.asarray(given)
    if found.dtype.kind == "f" and np.array_equal(found, np.round(found)):
        # BCEWithLogitsLoss has its classes 0 and 1 in the type of its logits.
        found = found.astype(np.int64)
    if found.dtype.kind not in "iub":
        raise wrong(
            "labels",
            "class numbers",
            f"{found.dtype} (mixed or soft labels have no class: record with when='eval')",
        )
    if found.ndim > 1 and found.size == samples * rows > samples:
        shape = " x ".join(map(str, found.shape))
        raise wrong("labels", "class numbers, one a sample", f"{shape} (one-hot labels: call labels(y.argmax(1)))")
    flat: np.ndarray[Any, Any] = found.reshape(-1)
    if len(flat) != samples:
        raise wrong("labels", f"{samples}, one a sample", len(flat))
    return flat
