"""A torch module as plain data: what is inside whatever it is wrapped in, and what nclab asks of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from ._errors import InputError


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """The network inside DistributedDataParallel and torch.compile."""
    while True:
        if isinstance(model, torch.nn.DataParallel):
            raise InputError(
                "model: expected a module, or one in DistributedDataParallel, got DataParallel, whose copies run in threads",
                "model",
                "a module, or one in DistributedDataParallel",
                "DataParallel",
            )
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod  # type: ignore[assignment]
        elif isinstance(model, torch.nn.parallel.DistributedDataParallel):
            model = model.module
        else:
            return model


def facts(model: torch.nn.Module, optimizers: Iterable[torch.optim.Optimizer]) -> dict[str, Any]:
    """What the request `network` takes of it (docs/serve.md)."""
    # A parameter that two modules share (the head's and an embedding's) has both names.
    names: dict[int, list[str]] = {}
    for place, module in model.named_modules():
        for name, parameter in module._parameters.items():
            names.setdefault(id(parameter), []).append(f"{place}.{name}".lstrip("."))
    return {
        "parameters": [
            [name, list(value.shape)] for name, value in model.state_dict().items() if isinstance(value, torch.Tensor)
        ],
        "modules": [[place, type(module).__name__] for place, module in model.named_modules() if not list(module.children())],
        "optimizers": [
            {"type": type(optimizer).__name__, "groups": [_group(group, names) for group in optimizer.param_groups]}
            for optimizer in optimizers
        ],
    }


def _group(group: dict[str, Any], names: dict[int, list[str]]) -> dict[str, Any]:
    decoupled = group.get("decoupled_weight_decay")
    return {
        "weightDecay": float(group.get("weight_decay", 0)),
        # Adam and AdamW of newer PyTorch are one class that says which it is.
        **({"decoupled": decoupled} if isinstance(decoupled, bool) else {}),
        "parameters": [name for p in group["params"] if p.requires_grad for name in names.get(id(p), [])],
    }


def head_module(model: torch.nn.Module, head: str | torch.nn.Module | None, told: str | None) -> tuple[str, torch.nn.Module]:
    """Place and module of the head: the one that is named, or that holds the weight which nclab took for the head's."""
    modules = dict(model.named_modules())
    if isinstance(head, torch.nn.Module):
        place = next((place for place, module in modules.items() if module is head), None)
    else:
        place = head if head is not None else (told or "").rpartition(".")[0]
    module = None if place is None else modules.get(place)
    weight = getattr(module, "weight", None)
    if place is None or module is None or not isinstance(weight, torch.Tensor) or weight.dim() != 2:
        layers = [name for name, layer in modules.items() if isinstance(layer, torch.nn.Linear)]
        got = type(head).__name__ if isinstance(head, torch.nn.Module) else head if head is not None else told
        raise InputError(
            f"head: expected a module of this network with a weight of K x d ({', '.join(layers[-8:]) or 'it has no Linear'}), got {got}",
            "head",
            "a module of this network with a weight of K x d",
            got,
        )
    return place, module


def place_in_processes() -> tuple[int, int]:
    """Rank and number of processes."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


class Hook:
    """What is called before a module runs or after it. torch.compile leaves it as it is (it breaks the graph there); a copy of the module (averaged weights) and a saved one have it without effect."""

    def __init__(self, function: Any = None) -> None:
        disable = getattr(getattr(torch, "compiler", None), "disable", None)
        self._function = function if function is None or disable is None else disable(function)

    def __call__(self, module: torch.nn.Module, arguments: tuple[Any, ...], more: Any = None) -> None:
        """`more`: before a module runs its arguments by name, after it what it gave."""
        if self._function is not None:
            # An older PyTorch does not tell of arguments by name.
            self._function(module, arguments, {} if more is None else more)

    def __deepcopy__(self, _: Any) -> Hook:
        return Hook()

    def __reduce__(self) -> Any:
        return Hook, ()
