"""Neural collapse of a network while PyTorch trains it.

>>> recorder = Recorder(model, criterion=criterion, optimizer=optimizer)  # doctest: +SKIP
>>> for epoch in range(epochs):                                           # doctest: +SKIP
...     train(...)
...     recorder.epoch()
>>> print(recorder.measurements()[-1].nc1, recorder.predict().summary)    # doctest: +SKIP
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import torch

from . import predict as _predict
from ._background import measured
from ._build import build
from ._client import default as _client
from ._criterion import loss_settings
from ._errors import InputError, NclabError, WorkError
from ._feature_file import FeatureFile
from ._passes import Pass, Passes
from ._recorder_settings import check, check_decay, check_patience, class_numbers, optimizers, whole, wrong
from ._run_folder import RunFolder
from ._shards import Shards
from ._torch_network import Hook, facts, head_module, place_in_processes, unwrapped
from .results import Document, Measurement, Prediction

__all__ = ["Network", "Pending", "Recorder"]

#: Epochs whose measurements may wait; where more do, `epoch` waits for the first of them.
_most_waiting = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Network(Document):
    """What nclab tells of a network in training (schema nclab.network/1)."""

    architecture: str | None
    #: batch-norm, batch-norm-relu, layer-norm, layer-norm-relu, rms-norm, none or unknown.
    ends: str
    activation: str
    #: Section of theory.md that applies, 9.1 to 9.4; None where none does.
    section: str | None
    #: Names and shapes that it was told by.
    evidence: list[dict[str, Any]]
    head: dict[str, Any]
    misfit: dict[str, Any] | None
    pooledAfter: bool
    norms: list[dict[str, str]]
    branchesAtMost: float
    #: For `predict`; None: see `because`.
    settings: dict[str, Any] | None
    because: str | None
    #: What measurements are compared with.
    measure: dict[str, Any] | None
    notes: list[str]


class Pending:
    """A measurement that is being made."""

    def __init__(self, number: int, future: Future[Measurement]) -> None:
        #: Of the epoch.
        self.epoch = number
        self._future = future

    def done(self) -> bool:
        """Whether it is there, or has failed."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> Measurement:
        """Waits for it. Raises what went wrong, InputError or WorkError, and TimeoutError."""
        return self._future.result(timeout)


class Recorder:
    """Records what enters the head of a network, with its labels, and measures it at the end of each epoch beside the training.

    model: the network, also in DistributedDataParallel or torch.compile (make the recorder before the first compiled step).
    head: its last layer, by name or itself; without it nclab finds it by names and shapes.
    criterion: the module of the loss, whose second argument are the labels; without it call `labels(y)` after each forward pass.
    optimizer: one or several, whose weight decays say what measurements are compared with and what is predicted.
    folder: where features and measurements go; it must be new or empty, unless `resume`.
    when: "train" records forward passes in training mode, "eval" those in evaluation mode.
    keep: "last": features of the last epoch alone stay on the disk; "all": those of every one.
    every: only every n-th epoch is recorded.
    ignore_label: samples with this label belong to no class.
    weight_decay: one decay of everything, in place of the optimizer's.
    resume: the folder may be that of an earlier recorder, and this one goes on behind its last measurement (`number` is the next epoch, and can be set where a script begins with another one).
    patience: seconds that the first of several processes waits for the features of the others, before it says that an epoch is not measured.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        head: str | torch.nn.Module | None = None,
        *,
        criterion: torch.nn.Module | None = None,
        optimizer: torch.optim.Optimizer | Sequence[torch.optim.Optimizer] = (),
        folder: str | os.PathLike[str] = "nclab-run",
        when: Literal["train", "eval"] = "train",
        keep: Literal["last", "all"] = "last",
        every: int = 1,
        ignore_label: int | None = None,
        weight_decay: float | None = None,
        class_names: Sequence[str] | None = None,
        resume: bool = False,
        patience: float = 600,
    ) -> None:
        check(model, criterion, when, keep, every)
        check_decay(weight_decay)
        check_patience(patience)
        if ignore_label is not None and not whole(ignore_label):
            raise wrong("ignore_label", "a whole number, or None", repr(ignore_label))
        self._model = unwrapped(model)
        self._optimizers = optimizers(optimizer)
        self._weight_decay = weight_decay
        self._rank, self._processes = place_in_processes()
        told = (
            None
            if head is not None
            else _client.ask("network", {"parameters": facts(self._model, ())["parameters"]})["head"]["name"]
        )
        #: Place of the head in the network.
        self.head, self._module = head_module(self._model, head, told)
        self._when, self._keep, self._every, self._ignore = when, keep, every, ignore_label
        self._class_names = None if class_names is None else [str(name) for name in class_names]
        if self._class_names is not None and len(self._class_names) != max(2, self._rows):
            raise wrong("class_names", f"{max(2, self._rows)}, one a row of the head", len(self._class_names))
        self._run = RunFolder(folder, resume, self._rank == 0)
        #: Where features and measurements go, from the root on.
        self.folder = self._run.place
        #: The epoch that is being recorded, from 1.
        self.number = 1 + self._run.epoch
        self._shards = Shards(self.folder, self._rank, self._processes, patience)
        self._file: FeatureFile | None = None
        #: Why the epoch cannot be written.
        self._failed: OSError | None = None
        self._passes = Passes()
        self._said_unlabelled = False
        self._said_loss = False
        self._closed = False
        self._always = False
        self._nonnegative: bool | None = None
        #: Those that are being made, or that failed and were not told of.
        self._pending: list[Pending] = []
        #: Epochs that were measured, and the last of them whole: Z of all would not fit into memory.
        self._measured: list[int] = []
        self._latest: tuple[int, Measurement] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="nclab")
        self._criterion = criterion
        self._handles = [
            _with_arguments(self._module, Hook(self._entering)),
            self._module.register_forward_hook(Hook(self._leaving)),
        ]
        if criterion is not None:
            self._handles.append(_with_arguments(criterion, Hook(self._judging)))

    # What is recorded.

    def _entering(self, module: torch.nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Before the head runs. The numbers are copied now, as an operation in place may change them later."""
        if module is not self._module:
            return
        # Labels without the scores that they are of are never those of a pass before this one.
        self._passes.skip()
        wanted = self._always or self._model.training == (self._when == "train")
        if not wanted or self.number % self._every != 0:
            return
        given = arguments[0] if arguments else next(iter(named.values()), None)
        if not isinstance(given, torch.Tensor):
            raise InputError(
                f"{self.head}: expected a tensor as its input, got {type(given).__name__}", self.head, "a tensor", None
            )
        width = int(given.shape[-1])
        with torch.no_grad():
            self._passes.begin(_copied(given.reshape(-1, width)))

    def _leaving(self, module: torch.nn.Module, arguments: tuple[Any, ...], scores: Any) -> None:
        """After the head has run: a loss of these scores has the labels of this pass."""
        if module is self._module:
            self._passes.end(scores)

    def _judging(self, module: torch.nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Before the loss is computed. Its labels are those of the pass whose scores it is of; of what is made of them in a way that is not known to keep their order, and of the output of another network, it is no
        pass's. That of another output than the head's (a second head, one on the way) is not asked for labels: it has another number of scores."""
        if module is not self._criterion or not self._passes:
            return
        scores, labels = _first_two(arguments, named)
        judged = self._passes.of(scores)
        if judged is None and scores is not None:
            return
        if labels is None:
            raise wrong(
                "labels",
                "the criterion's second argument",
                "none (this PyTorch may not show arguments by their names: give the labels by place, or make the recorder without criterion and call recorder.labels(y) after each forward pass)",
            )
        if judged is None:
            return
        if judged.features is None:
            self._same_labels(judged, labels)
            return
        expected = len(judged.features) * self._rows
        if (
            isinstance(scores, torch.Tensor)
            and scores.numel() != expected
            and scores.shape[:1] == getattr(labels, "shape", ())[:1]
        ):
            # Of a part of the batch: which one is not known.
            self._passes.strange += 1
            return
        features = self._passes.take(judged)
        assert features is not None
        judged.labels = self._label(features, labels)

    def _same_labels(self, judged: Pass, labels: Any) -> None:
        """Of scores that had a loss already: one with other class numbers is of mixed samples. Raises InputError."""
        if judged.labels is None or not isinstance(labels, torch.Tensor) or labels.is_floating_point():
            return
        again = labels.detach().cpu().numpy().reshape(-1)
        if len(again) == len(judged.labels) and not np.array_equal(again, judged.labels):
            raise wrong(
                "labels",
                "those that the same scores had in the loss before",
                "others (mixed samples have no class: record with when='eval' or recorder.record(loader); a loss with other labels needs a criterion of its own)",
            )

    def labels(self, labels: Any) -> None:
        """The classes of the samples of the last forward pass, in its order: a tensor, an array or a list of whole numbers. Raises InputError."""
        waiting = self._passes.take(self._passes.last)
        if waiting is None:
            recorded = self._always or self._model.training == (self._when == "train")
            if not recorded or self.number % self._every != 0:
                return
            raise InputError(
                "labels: expected a forward pass before them, got none", "labels", "a forward pass before them", "none"
            )
        self._label(waiting, labels)

    def _label(self, waiting: np.ndarray[Any, Any], labels: Any) -> np.ndarray[Any, Any]:
        """Writes features with their labels down; gives the labels."""
        found = class_numbers(labels, len(waiting), self._rows).copy()
        if self._failed is not None:
            return found
        try:
            if self._file is None:
                self._file = FeatureFile(self._shards.of(self.number), waiting.shape[1])
            self._file.append(waiting, found)
        except OSError as error:
            # A disk that is full: the training goes on, and this epoch is not measured.
            self._failed = error
            if self._file is not None:
                self._file.discard()
                self._file = None
            return found
        if self._nonnegative is not False and waiting.size > 0:
            self._nonnegative = bool(waiting.min() >= 0)
        return found

    @torch.no_grad()
    def record(self, loader: Iterable[Any], forward: Callable[[Any], Any] | None = None) -> None:
        """Runs the network in evaluation mode over batches of (inputs, labels) and records that, whatever `when` is: features of one and the same network. `forward`: how a batch's inputs are run (default: the model
        itself, on the device of its head)."""
        # Each as it was: of a network in training some layers may be kept in evaluation mode.
        modes = [(module, module.training) for module in self._model.modules()]
        device: Any = self._module.weight.device
        self._model.eval()
        self._discard()
        self._always = True
        try:
            for batch in loader:
                if not isinstance(batch, list | tuple) or len(batch) != 2:
                    got = f"{type(batch).__name__}{f' of {len(batch)}' if isinstance(batch, list | tuple) else ''}"
                    raise wrong("loader", "batches of two, inputs and labels ((x, y) for ... in loader makes them)", got)
                inputs, labels = batch
                if forward is not None:
                    forward(inputs)
                elif isinstance(inputs, torch.Tensor):
                    self._model(inputs.to(device))
                else:
                    raise wrong(
                        "loader", "a tensor as inputs (or forward, which runs the network on them)", type(inputs).__name__
                    )
                self.labels(labels)
        except BaseException:
            self._discard()
            raise
        finally:
            self._always = False
            for module, training in modes:
                module.training = training

    # What is made of it.

    def epoch(self) -> Pending | None:
        """Ends the epoch: its features are whole on the disk when this returns, and are measured beside what comes next. In several processes each calls it, and the first measures what all of them saw; None in the
        others, and for an epoch that is not recorded. What went wrong with an earlier measurement is a warning."""
        if self._closed:
            raise wrong("epoch", "a recorder that is open", "one that was closed")
        self._warn()
        number, self.number = self.number, self.number + 1
        if number % self._every != 0:
            return None
        file, self._file = self._file, None
        unlabelled, strange, widths = self._passes.clear()
        weight, bias = self._weights()
        failed, self._failed = self._failed, None
        if file is None and failed is None:
            if self._processes == 1:
                self.number = number
                if self._criterion is None:
                    ways = f"give criterion, or call {_by_hand}"
                elif widths and self._rows not in widths:
                    ways = f"the loss is of {min(widths)} scores a sample, and the head, {self.head}, has {self._rows}: head names another"
                else:
                    ways = _strange if strange else f"call {_by_hand}"
                raise InputError(
                    f"epoch: expected forward passes with labels since the last one, got none{f' ({unlabelled} had no labels: {ways})' if unlabelled else ''}: "
                    f"is the model in {self._when} mode, and was the recorder made before its first compiled step?",
                    "epoch",
                    "forward passes with labels since the last one",
                    "none",
                )
        if file is not None and unlabelled > 0 and not self._said_unlabelled:
            self._said_unlabelled = True
            warnings.warn(
                f"nclab: epoch {number}: {unlabelled} forward passes in {self._when} mode had no labels and are not recorded (said once){f': {_strange}' if strange else ''}",
                stacklevel=2,
            )
        try:
            if failed is not None:
                raise failed
            if file is None:
                file = FeatureFile(self._shards.of(number), weight.shape[1])
            self._last_labels = file.labels
            file.finish(weight, bias)
        except OSError as error:
            failed = error
        if self._rank != 0:
            if failed is not None:
                # The first one waits for these features.
                self._shards.fail(number, str(_of_disk(failed, self.folder)))
                warnings.warn(f"nclab: epoch {number} was not written: {_of_disk(failed, self.folder)}", stacklevel=2)
            return None
        if failed is not None:
            self._shards.abandon(number)
            lost: Future[Measurement] = Future()
            lost.set_exception(_of_disk(failed, self.folder))
            self._pending.append(Pending(number, lost))
            return self._pending[-1]
        waiting = [pending._future for pending in self._pending if not pending.done()]
        if len(waiting) > _most_waiting:
            # Measuring takes longer than training: features would pile up on the disk.
            wait(waiting[: len(waiting) - _most_waiting])
        pending = Pending(number, self._pool.submit(self._measure, number, self._comparison()))
        self._pending.append(pending)
        return pending

    @property
    def _rows(self) -> int:
        """Of the head: scores a sample."""
        weight: Any = self._module.weight
        return int(weight.shape[0])

    def _weights(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
        with torch.no_grad():
            bias = getattr(self._module, "bias", None)
            return _copied(self._module.weight), _copied(bias) if isinstance(bias, torch.Tensor) else None

    def _comparison(self) -> dict[str, Any]:
        """What the measurement is compared with."""
        if not self._optimizers and self._weight_decay is None:
            return {}
        known, unknown = loss_settings(self._criterion, self._last_counts())
        if known or unknown:
            if not self._said_loss:
                self._said_loss = True
                of = unknown or f"{type(self._criterion).__name__} with {', '.join(known)}"
                warnings.warn(
                    f"nclab: measurements are compared with nothing: they know plain cross-entropy alone, and the criterion is {of} (said once; predict() knows weights and smoothing too)",
                    stacklevel=3,
                )
            return {}
        try:
            return self.network().measure or {}
        except NclabError as error:
            warnings.warn(f"nclab: nothing is compared: {error}", stacklevel=3)
            return {}

    def _measure(self, number: int, settings: dict[str, Any]) -> Measurement:
        """In a thread of its own, one epoch after the other."""
        try:
            file = self._shards.gathered(number, self._run.file(number))
            self._run.wrote(file)
            ignored = [] if self._ignore is None else [f"--ignore-label={self._ignore}"]
            document = measured(file, settings, ignored)
            if self._class_names is not None:
                document["classNames"] = self._class_names
            self._run.add(number, document)
            if self._keep == "last":
                self._run.keep_only(file)
        except OSError as error:
            raise _of_disk(error, self.folder) from None
        finally:
            # Of an epoch that cannot be measured nothing else would take them away.
            self._shards.done(number)
        self._latest = number, build(Measurement, document)
        self._measured.append(number)
        return self._latest[1]

    def _warn(self) -> None:
        """Of measurements that failed since the last time."""
        while self._pending and self._pending[0].done():
            pending = self._pending.pop(0)
            error = pending._future.exception()
            if error is not None:
                warnings.warn(f"nclab: epoch {pending.epoch} was not measured: {error}", stacklevel=3)

    def measurements(self) -> list[Measurement]:
        """Of all epochs so far that could be measured; waits for those that are being made. The last one is whole; the earlier ones are read from `measurements.jsonl`, without Z. Raises WorkError where that was
        changed."""
        wait([pending._future for pending in self._pending])
        self._warn()
        latest = self._latest
        return [
            latest[1] if latest is not None and number == latest[0] else build(Measurement, self._run.document(number))
            for number in self._measured
        ]

    def network(self, ends: str = "auto", weight_decay: float | None = None) -> Network:
        """What ends the features, which section of the theory applies, what decays, and the settings of the prediction, or why there are none. Raises InputError."""
        check_decay(weight_decay)
        asked = {
            **facts(self._model, self._optimizers),
            "head": f"{self.head}.weight" if self.head else "weight",
            "nonnegative": self._nonnegative,
            "weightDecay": weight_decay if weight_decay is not None else self._weight_decay,
            "ends": None if ends == "auto" else ends,
        }
        found = _client.ask("network", asked)
        used = None if self._latest is None else self._latest[1].branches
        if found["branchesAtMost"] > 1 and used is not None:
            state = self._model.state_dict()
            names = [name for norm in found["norms"] for name in norm.values() if name in state]
            values = {name: state[name].detach().cpu().numpy() for name in names}
            found = _client.ask("network", {**asked, "branches": used.J, "values": values})
        return build(Network, found)

    def predict(self, weight_decay: float | None = None, ends: str = "auto", **settings: Any) -> Prediction:
        """Where this training ends: the counts are those of the labels that were recorded, weight decay and ending those of the optimizer and the network (`network()` says which, and why none), unless they are
        said here; `settings` are those of nclab.predict and go before both. Raises InputError with the reason where no model applies."""
        network = self.network(ends, weight_decay)
        stated = any(name in settings for name in ("lambdaZ", "lambdaW", "lambdaH", "layerPeeled"))
        if network.settings is None and not stated:
            raise InputError(
                f"model: expected a network that the theory covers, got one that it does not: {network.because}",
                "model",
                "a network that the theory covers",
                network.because,
            )
        told = {} if stated else network.settings or {}
        counts = {} if any(name in settings for name in ("counts", "labels", "longTail")) else {"counts": self._counts()}
        return _predict(**{**counts, "classNames": self._class_names, **told, **self._loss(counts, settings), **settings})

    def _loss(self, counts: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
        """What the criterion says of the loss, where that is not said."""
        if any(name in settings for name in ("loss", "weights", "offsets", "factors", "smoothing", "layerPeeled")):
            return {}
        known, unknown = loss_settings(self._criterion, counts.get("counts") or settings.get("counts") or [])
        if unknown is not None:
            warnings.warn(
                f"nclab: predicted is what cross-entropy without weights and smoothing leads to; the criterion is {unknown} (loss, weights, offsets, factors or smoothing say what it is)",
                stacklevel=3,
            )
        return known

    def _counts(self) -> list[int]:
        """Of the last epoch that was measured, whose counts are those of all processes; else of this process's labels."""
        wait([pending._future for pending in self._pending])
        self._warn()
        if self._latest is not None:
            return [int(n) for n in self._latest[1].counts]
        counts = self._last_counts()
        if sum(counts) == 0:
            raise InputError(
                "counts: expected labels that were recorded, got none (or give counts)",
                "counts",
                "labels that were recorded",
                "none",
            )
        return counts

    def _last_counts(self) -> list[int]:
        """Of this process's labels."""
        labels = self._file.labels if self._file is not None else getattr(self, "_last_labels", np.empty(0, np.int64))
        if self._ignore is not None:
            labels = labels[labels != self._ignore]
        return [int(n) for n in np.bincount(labels[labels >= 0], minlength=max(2, self._rows))]

    def _discard(self) -> None:
        if self._file is not None:
            self._file.discard()
        self._file = None
        self._passes.clear()

    def close(self) -> None:
        """Takes the hooks off and waits for what is being measured. Nothing of an epoch that was not ended stays."""
        self._closed = True
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._discard()
        self._pool.shutdown(wait=True)
        self._shards.close()
        self._run.close()
        self._warn()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._shards.fail(self.number, f"its training ended: {type(error).__name__}")
        self.close()


#: What labels can be given with, whatever the loss is.
_by_hand = "recorder.labels(y) after each forward pass"
_strange = (
    "the loss was of what is neither the head's scores nor seen to be made of them sample by sample (by a softmax, its logarithm, a sigmoid, a factor or a constant for each class): "
    f"make the recorder without criterion and call {_by_hand}"
)


def _first_two(arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    """Scores and labels, given by place or by names, which are those of PyTorch's losses or in their order."""
    by_place, by_name = list(arguments), dict(named)
    found = []
    for name in ("input", "target"):
        key = name if name in by_name else next(iter(by_name), None)
        found.append(by_place.pop(0) if by_place else None if key is None else by_name.pop(key))
    return found[0], found[1]


def _with_arguments(module: torch.nn.Module, hook: Callable[..., None]) -> Any:
    """A forward pre-hook that is told arguments by name too, where this PyTorch can do that."""
    try:
        return module.register_forward_pre_hook(hook, with_kwargs=True)
    except TypeError:
        return module.register_forward_pre_hook(hook)


def _of_disk(error: OSError, folder: Path) -> WorkError:
    return WorkError(f"{error.filename or folder}: {error.strerror or error}")


def _copied(values: Any) -> np.ndarray[Any, Any]:
    """In float32, whatever happens to the tensor."""
    copy: np.ndarray[Any, Any] = values.detach().to("cpu", torch.float32, copy=True).numpy()
    return copy
