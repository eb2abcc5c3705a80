"""Forward passes through the head that have no labels yet, and whose scores a loss is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    #: Those that a loss gave it.
    labels: np.ndarray[Any, Any] | None = None


class Passes:
    """The last ones, in their order."""

    def __init__(self) -> None:
        self._open: list[Pass] = []
        #: The last pass, where it is one that is recorded and has no labels.
        self.last: Pass | None = None
        #: Scores of the last pass, where it is one that is not recorded.
        self._skipped: torch.Tensor | None = None
        #: Passes that got no labels and will get none.
        self.unlabelled = 0
        #: Losses of as many scores as a pass without labels has, and of none that are known to be a pass's.
        self.strange = 0
        #: Scores a sample that other losses were of.
        self.widths: set[int] = set()

    def __bool__(self) -> bool:
        return len(self._open) > 0

    def skip(self) -> None:
        """A pass begins that is not recorded."""
        self._open = [one for one in self._open if one.features is not None]
        self.last = None

    def begin(self, features: np.ndarray[Any, Any]) -> None:
        """A pass begins that is recorded."""
        self.skip()
        self._skipped = None
        if len(self._open) >= _most_open:
            self._open.pop(0)
            self.unlabelled += 1
        self.last = Pass(features)
        self._open.append(self.last)

    def end(self, scores: Any) -> None:
        """The head gave its scores."""
        if not isinstance(scores, torch.Tensor):
            return
        if self.last is not None:
            self.last.scores = scores.detach()
        else:
            self._skipped = scores.detach()

    def of(self, judged: Any) -> Pass | None:
        """The pass whose scores a loss is of: these themselves or a view of them, or what can be seen to be made of them, sample by sample in their order; one that has its labels too. None: no one pass's."""
        for given in _tensors(judged):
            found = self._of(given)
            if found is not None:
                return found
        skipped = None if self._skipped is None else _place(self._skipped)
        if any(
            one.features is not None
            and one.scores is not None
            and one.scores.numel() == given.numel()
            and _place(given) != skipped
            for given in _tensors(judged)
            for one in self._open
        ):
            self.strange += 1
        if any(one.features is not None for one in self._open):
            self.widths.update(int(given.shape[-1]) for given in _tensors(judged) if given.dim() > 1)
        return None

    @torch.no_grad()
    def _of(self, judged: torch.Tensor) -> Pass | None:
        known = [(one, one.scores) for one in reversed(self._open) if one.scores is not None]
        place = _place(judged) if known else None
        for one, scores in known:
            if place is not None and _place(scores) == place:
                return one
        # Two passes of equal scores (a head that is 0 before the first step) are told apart by their place alone.
        made = [one for one, scores in known if _made_of(judged.detach(), scores)]
        return made[0] if len(made) == 1 else None

    def take(self, one: Pass | None) -> np.ndarray[Any, Any] | None:
        """The features of a pass, which has its labels then."""
        if one is None:
            return None
        if one is self.last:
            self.last = None
        features, one.features = one.features, None
        return features

    def clear(self) -> tuple[int, int, set[int]]:
        """No loss comes any more: how many passes got no labels since the last time, how many losses were strange, and of how many scores a sample other losses were."""
        found = self.unlabelled + sum(one.features is not None for one in self._open), self.strange, self.widths
        self._open, self.last, self._skipped, self.unlabelled, self.strange, self.widths = [], None, None, 0, 0, set()
        return found


def _tensors(given: Any) -> Iterator[torch.Tensor]:
    """A tensor, or those that an output of several parts holds."""
    if isinstance(given, torch.Tensor):
        yield given
        return
    parts: Iterable[Any] = given.values() if isinstance(given, dict) else given if isinstance(given, list | tuple) else ()
    yield from (part for part in parts if isinstance(part, torch.Tensor))


def _place(scores: Any) -> int | None:
    """Of a tensor's storage in memory, which its views share."""
    try:
        storage = scores.untyped_storage() if hasattr(scores, "untyped_storage") else scores.storage()
        return int(storage.data_ptr()) or None
    except (RuntimeError, NotImplementedError):
        # Of a tensor that has no storage of its own (it is spread over processes, say).
        return None


def _made_of(made: torch.Tensor, scores: torch.Tensor) -> bool:
    """Whether these are the scores in another type, through a softmax, its logarithm or a sigmoid, times a factor, or with a constant for each class: then their rows are the same samples in the same order, which an
    operation that nobody knows need not keep."""
    columns = scores.shape[-1:]
    if (
        made.numel() != scores.numel()
        or made.shape[-1:] != columns
        or made.device != scores.device
        or not made.is_floating_point()
    ):
        return False
    coarse = any(x.dtype in (torch.float16, torch.bfloat16) for x in (made, scores))
    wide = torch.float64 if made.dtype == scores.dtype == torch.float64 else torch.float32
    a, s = (x.reshape(-1, *columns).to(wide) for x in (made, scores))
    if torch.equal(a, s):
        return True
    ways = [s.sigmoid(), torch.nn.functional.logsigmoid(s)]
    if columns[0] > 1:
        ways += [s.log_softmax(1), s.softmax(1)]
    if len(s) > 1:
        # Of one sample alone everything would be a factor and constants.
        size = (s * s).sum()
        ways += [s * ((a * s).sum() / size) if size > 0 else s, s + (a[0] - s[0])]
    relative, of_largest = (1e-2, 1e-3) if coarse else (1e-5, 1e-6)
    return any(bool(((a - way).abs() <= relative * way.abs() + of_largest * way.abs().max()).all()) for way in ways)
