"""What the functions take, by the names of nclab; nclab itself checks every value and refuses every other name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np

#: Numbers: a list, an array, whatever NumPy takes for one.
Vector: TypeAlias = Sequence[float] | np.ndarray[Any, Any]
#: Rows: lists of lists, or an array of two axes.
Matrix: TypeAlias = Sequence[Sequence[float]] | np.ndarray[Any, Any]
#: A number, or "inf", which is math.inf.
Extended: TypeAlias = float | Literal["inf"]


class Classes(TypedDict, total=False):
    """Exactly one of `counts`, `labels` and `longTail`."""

    #: Samples of each class: numbers, a text such as "5x500,5x100" or "dataset:imagenet-lt", or counts by name.
    counts: Vector | str | Mapping[str, int] | None
    #: The class of every sample, from 0 on, to be counted.
    labels: Vector | None
    #: Samples with this label belong to no class.
    ignoreLabel: int | None
    #: "exp:K:nmax:factor" or "step:K:nmax:factor".
    longTail: str | None
    classNames: Sequence[str] | None


class Decay(TypedDict, total=False):
    """Weight decay alone, with what ends the network."""

    ends: Literal["batch-norm", "batch-norm-relu", "layer-norm"] | str | None
    branches: float | None
    width: int | None
    normWeightDecay: float | None
    biasWeightDecay: Extended | None
    optimizer: str | None


class Remedies(TypedDict, total=False):
    """What changes the loss."""

    lambdaW: float | None
    lambdaH: float | None
    lambdaB: Extended | None
    convention: Literal["paper", "no-half", "mean"] | None
    nonnegative: bool | None
    loss: Literal["cross-entropy", "square", "bce"] | None
    weights: Vector | None
    offsets: Vector | None
    factors: Vector | None
    smoothing: float | None


class Settings(Classes, Decay, Remedies, total=False):
    """Classes, regularization and remedies of one problem."""

    lambdaZ: float | None
    weightDecay: float | None


class PredictSettings(Settings, total=False):
    #: Relative duality gap asked for, default 1e-10.
    tolerance: float | None
    #: Images a step, beside a weight decay.
    batchSize: int | None
    #: Dimensions that the features have.
    dimension: int | None
    #: Descents from different starts, of a search.
    starts: int | None
    #: {"EW": .., "EH": ..}: the Layer-Peeled Model.
    layerPeeled: Mapping[str, float] | None
    #: Soft labels, K x M, with `counts` of the M columns.
    targets: Matrix | None


class ThresholdsSettings(Settings, total=False):
    layerPeeled: Mapping[str, float] | None


class PathSettings(Classes, Decay, Remedies, total=False):
    """A range in exactly one of `lambdaZ`, `weightDecay`, `nB` and `imbalance`: "FROM:TO[:POINTS][:log|:linear]", or {"from", "to", "points", "scale"}."""

    lambdaZ: float | str | Mapping[str, Any] | None
    weightDecay: float | str | Mapping[str, Any] | None
    nB: str | Mapping[str, Any] | None
    imbalance: str | Mapping[str, Any] | None
    tolerance: float | None


class AdviseSettings(Settings, total=False):
    #: Logits that every class is to have over every rival.
    margin: float | None
    #: What may be changed: kinds of remedies (default all).
    change: Sequence[str] | str | None
    tolerance: float | None
    batchSize: int | None


class MeasureSettings(Decay, total=False):
    """Beside features and labels."""

    ignoreLabel: int | None
    #: K x d; without it what needs a head is None.
    headWeight: Matrix | None
    headBias: Vector | None
    head: Literal["linear", "cosine"] | None
    scale: float | None
    #: Features of samples from elsewhere: gives nc5.
    ood: Matrix | None
    classNames: Sequence[str] | None
    view: bool | Mapping[str, int] | None
    #: What the network was trained with: gives the comparison with the prediction.
    weightDecay: float | None
    lambdaZ: float | None
    lambdaW: float | None
    lambdaH: float | None
    lambdaB: Extended | None
    convention: Literal["paper", "no-half", "mean"] | None
    nonnegative: bool | None
    loss: Literal["cross-entropy", "square", "bce"] | None
    compareEffective: bool | None
