"""Forward passes through the head that have no labels yet, and whose scores a loss is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

#: Passes that may wait for their loss; of more the first gets none any more.
_most_open = 4


@dataclass(eq=False)
class Pass:
    """One forward pass. Its scores are held until the next one begins, so that no other tensor can have their place in memory."""

    #: None: it has its labels.
    features: np.ndarray[Any, Any] | None
    scores: torch.Tensor | None = None


class Passes:
    """The last ones, in their order."""

    def __init__(self) -> None:
        self._open: list[Pass] = []
        #: The last pass, where it is one that is recorded and has no labels.
        self.last: Pass | None = None
        #: Passes that got no labels and will get none.
        self.unlabelled = 0

    def __bool__(self) -> bool:
        return any(one.features is not None for one in self._open)

    def skip(self) -> None:
        """A pass begins that is not recorded."""
        self.last = None

    def begin(self, features: np.ndarray[Any, Any]) -> None:
        """A pass begins that is recorded."""
        self._open = [one for one in self._open if one.features is not None]
        if len(self._open) >= _most_open:
            self._open.pop(0)
            self.unlabelled += 1
        self.last = Pass(features)
        self._open.append(self.last)

    def end(self, scores: Any) -> None:
        """The head gave its scores."""
        if self.last is not None and isinstance(scores, torch.Tensor):
            self.last.scores = scores.detach()

    def of(self, scores: Any) -> Pass | None:
        """The pass whose scores these are, or a view of them, or their values in another type; one that has its labels too. None: another's."""
        known = [one for one in reversed(self._open) if one.scores is not None] if isinstance(scores, torch.Tensor) else []
        place = _place(scores) if known else None
        for one in known:
            if place is not None and _place(one.scores) == place:
                return one
        if len(known) < 2:
            return None
        for one in known:
            theirs = one.scores
            assert theirs is not None
            if (
                theirs.shape == scores.shape
                and theirs.device == scores.device
                and bool(torch.equal(theirs.to(scores.dtype), scores.detach()))
            ):
                return one
        return None

    def take(self, one: Pass | None) -> np.ndarray[Any, Any] | None:
        """The features of a pass, which has its labels then."""
        if one is None:
            return None
        if one is self.last:
            self.last = None
        features, one.features = one.features, None
        return features

    def clear(self) -> int:
        """No loss comes any more: how many passes got no labels since the last time."""
        found = self.unlabelled + sum(one.features is not None for one in self._open)
        self._open, self.last, self.unlabelled = [], None, 0
        return found


def _place(scores: Any) -> int | None:
    """Of a tensor's storage in memory, which its views share."""
    try:
        storage = scores.untyped_storage() if hasattr(scores, "untyped_storage") else scores.storage()
        return int(storage.data_ptr()) or None
    except (RuntimeError, NotImplementedError):
        # Of a tensor that has no storage of its own (it is spread over processes, say).
        return None
