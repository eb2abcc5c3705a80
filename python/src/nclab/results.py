"""What the functions give: the documents of nclab with the names of nclab. Vectors and matrices are arrays (null is NaN in them, "inf" infinity); what the model that answered has not is None; the plain
document stands in `document`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from ._build import Floats, Ints
from ._client import default as _client
from ._shown import Shown, lines


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Document(Shown):
    """What every result has."""

    schema: str
    #: As the process gave it: lists, numbers, text.
    document: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return lines(self)

    def pictures(self, *names: str, width: float | None = None, font: str | None = None) -> dict[str, str]:
        """The pictures of this result as SVG, by their names: those asked for, or all that it has (advice has none). `width` in centimetres, `font` "sans" or "serif". Raises InputError for a name that it does not
        have."""
        asked = {"document": self.document, "names": list(names) or None, "width": width, "font": font}
        return {drawn["name"]: drawn["svg"] for drawn in _client.ask("pictures", asked)["pictures"]}

    def _repr_html_(self) -> str | None:
        """What a notebook shows: the pictures. None, and so the text, where there are none."""
        drawn = self.pictures()
        return "".join(f"<div>{svg[svg.index('<svg') :]}</div>" for svg in drawn.values()) or None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Problem(Shown):
    """What was asked, in the paper's convention; what has no place in the model, or varies, is None."""

    counts: Ints
    K: int
    N: int | None
    lambdaZ: float | None
    lambdaW: float | None
    lambdaH: float | None
    lambdaB: float | None
    lambdaNorm: float | None
    weightDecay: float | None
    ends: str | None
    branches: float | None
    width: int | None
    nonnegative: bool | None
    weights: Floats | None
    offsets: Floats | None
    factors: Floats | None
    smoothing: float | None
    loss: str | None
    classNames: list[str] | None
    layerPeeled: dict[str, float] | None
    #: Soft labels: M columns.
    M: int | None
    targets: dict[str, float] | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClassStatus(Shown):
    """What becomes of a class."""

    class_: int
    name: str | None
    count: int
    pOwn: float | None
    rival: int | None
    #: In logits, over the rival.
    margin: float | None
    #: own, outvoted, faded or merged.
    status: str | None
    nearest: int | None
    distance: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MeasuredClass(ClassStatus):
    """The same of a trained network."""

    nearestMean: int | None
    meanDistance: float | None
    relativeDistance: float | None
    spread: float | None
    predictionNorm: float | None
    accuracy: float | None
    #: Index in `merged`.
    group: int | None
    vanished: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Summary(Shown):
    """How many classes became what."""

    own: int
    outvoted: int
    faded: int
    merged: int
    offsetsRestore: bool
    offsets: Floats | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cluster(Shown):
    """Classes of one count."""

    classes: Ints
    count: float
    size: int
    merged: bool
    #: p_own - p_other; None for a class that is alone.
    margin: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Proof(Shown):
    """A primal and a dual value."""

    objective: float
    dual: float
    gap: float
    relativeGap: float
    certified: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MergeRule(Shown):
    """What counts as merged and vanished in a measurement."""

    merged: float
    vanished: float
    leastLogit: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AsMeasured(Shown):
    """The prediction judged as a measurement would be."""

    merged: list[list[int]]
    vanished: Ints
    rule: MergeRule


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Distance(Shown):
    Z: float | None
    weights: float | None
    features: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Distances(Shown):
    """To the simplex, to SELI, and to the limit of vanishing regularization."""

    simplex: Distance | None
    seli: Distance | None
    limit: Distance | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cosines(Shown):
    least: float | None
    most: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Geometry(Shown):
    """The figure that class means make: simplex, cross-polytope, or other."""

    name: str
    pairs: list[list[int]]
    rank: int
    cosines: Cosines | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BatchRange(Shown):
    """What statistics of mini-batches leave open."""

    batchSize: int
    smallestClass: float
    Zerror: float
    diagonalTooLarge: float
    note: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TargetColumn(Shown):
    """A distribution of soft labels, and what is predicted for it."""

    column: int
    count: float
    label: int
    share: float
    predicted: int
    pLabel: float
    entropy: float
    crossEntropy: float
    divergence: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Prediction(Document):
    """The geometry at the end of training (schema nclab.prediction/1), of whichever model answers."""

    problem: Problem
    method: str
    objective: float
    dual: float | None
    gap: float | None
    relativeGap: float | None
    #: Whether it is proved to the tolerance that was asked.
    certified: bool
    #: Why not.
    reason: str | None
    ufmPlus: Proof | None
    rank: int
    singularValues: Floats
    #: K x K, rows are logits, columns classes; None for more than 2000 classes (`blocks`).
    Z: Floats | None
    b: Floats
    clusters: list[Cluster] | None
    #: a, b, c or d: two clusters only.
    phase: str | None
    vanished: Ints | None
    #: (N lambdaZ)^2: classes of equal count at or below it merge; of nonnegative features it decides nothing.
    criticalCount: float | None
    cosines: Floats | None
    classes: list[ClassStatus] | None
    summary: Summary | None
    batch: BatchRange | None
    dimension: dict[str, int] | None
    asMeasured: AsMeasured | None
    distances: Distances | None
    bins: int | None
    stopped: str | None
    iterations: int
    seconds: float
    #: Z by clusters, of many classes.
    blocks: dict[str, Any] | None
    #: The Layer-Peeled Model.
    multiplier: float | None
    #: A search: layer normalization, few dimensions.
    geometry: Geometry | None
    search: dict[str, Any] | None
    bound: float | None
    closedForms: dict[str, float] | None
    notes: list[str] | None
    #: Soft labels.
    columns: list[TargetColumn] | None
    columnNames: list[str] | None
    crossEntropy: float | None
    divergence: float | None
    equalColumns: list[list[int]] | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Event(Shown):
    """Where the structure of the optimum changes."""

    lambdaZ: float
    #: merge, rank, complete or vanish.
    kind: str
    classes: Ints
    rankAfter: int
    weightDecay: float | None
    #: Along a path.
    value: float | None
    side: str | None
    rankBefore: int | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NonnegativeEvents(Shown):
    """Events of features that end in a ReLU."""

    events: list[Event]
    complete: float
    throughout: Ints
    certified: bool
    sharedGap: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Thresholds(Document):
    """Every lambda_Z at which the structure changes (schema nclab.thresholds/1)."""

    problem: Problem
    events: list[Event] | None
    nonnegative: NonnegativeEvents | None
    ratio: float | None
    nA: dict[str, float] | None
    notes: list[str] | None
    certified: bool | None
    worstGap: float | None
    #: The Layer-Peeled Model: ratio and n_A from which on the minority is one vector.
    layerPeeled: dict[str, float] | None
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PathRow(Shown):
    """A certified prediction along a path."""

    value: float
    lambdaZ: float
    lambdaB: float
    #: Not whole between whole counts.
    N: float
    objective: float
    dual: float
    relativeGap: float
    certified: bool
    method: str
    bins: int | None
    rank: int
    singularValues: Floats
    own: int
    outvoted: int
    faded: int
    merged: int
    leastMargin: float | None
    weakest: int | None
    vanished: int
    groups: list[dict[str, Any]]
    iterations: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Group(Shown):
    """Classes of one count along a path."""

    classes: Ints
    count: float
    size: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Path(Document):
    """Predictions along one number, and the events between (schema nclab.path/1)."""

    problem: Problem
    over: str
    from_: float
    to: float
    points: int
    scale: str
    tolerance: float
    groups: list[Group]
    rows: list[PathRow]
    events: list[Event]
    #: The rows at the events themselves.
    corners: list[PathRow]
    certified: bool
    worstEventGap: float
    notes: list[str]
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Applies(Shown):
    """Whether the theory covers the training that was described."""

    ok: bool
    because: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TorchWeights(Shown):
    """`CrossEntropyLoss(weight=..., reduction=...)` that means what was solved."""

    weights: Floats
    reduction: str
    note: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Remedy(Shown):
    """The least change of one kind."""

    kind: str
    #: In the certified solution with it every class is own by the asked margin.
    feasible: bool
    reason: str | None
    reaches: bool
    #: The two in a word: `works`, `not proved`, `cannot`, or `cannot, not proved`.
    verdict: str
    retrain: bool
    parameters: dict[str, float]
    perClass: Floats | None
    resultingMargins: Floats | None
    extraSamples: float | None
    classes: list[ClassStatus] | None
    summary: Summary | None
    torch: TorchWeights | None
    certified: bool | None
    relativeGap: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Advice(Document):
    """What becomes of each class, and the least that keeps them all (schema nclab.advice/1)."""

    applies: Applies
    problem: Problem
    convention: str | None
    margin: float
    merged: list[list[int]]
    criticalCount: float | None
    margins: Floats
    classes: list[ClassStatus]
    summary: Summary
    certified: bool
    relativeGap: float
    batch: BatchRange | None
    remedies: list[Remedy]
    notes: list[str]

    def _repr_html_(self) -> str:
        """What a notebook shows: a row a remedy."""
        rows = [_row("td", r.kind, r.verdict, r.reason or "") for r in self.remedies]
        return f"<table><thead>{_row('th', 'remedy', 'works', 'why')}</thead><tbody>{''.join(rows)}</tbody></table>"


def _row(tag: str, *words: str) -> str:
    cells = "".join(f"<{tag} style='text-align: left'>{escape(word)}</{tag}>" for word in words)
    return f"<tr>{cells}</tr>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NC1(Shown):
    """Within-class variability under its three names."""

    paper: float | None
    sampleWeighted: float | None
    classBalanced: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NC2(Shown):
    equinormMeans: float | None
    equinormWeights: float | None
    equiangularMeans: float | None
    equiangularWeights: float | None
    etfDistance: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MeanVariation(Shown):
    mean: float | None
    variation: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GNC2(Shown):
    """Mean and coefficient of variation over pairs of classes."""

    distance: MeanVariation | None
    logarithmic: MeanVariation | None
    riesz: MeanVariation | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Effective(Shown):
    """The regularization that the trained head itself tells."""

    lambdaZ: float | None
    lambdaH: float | None
    criticalCount: float | None
    stationarityResidual: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Difference(Shown):
    """Relative, in the Frobenius and in the largest-entry norm."""

    frobenius: float | None
    sup: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison(Shown):
    """With the prediction."""

    Zerror: Difference
    berror: Difference | None
    mergedPredicted: list[list[int]]
    mergedMeasured: list[list[int]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ComparedAt(Shown):
    """At which regularization."""

    lambdaZ: float
    lambdaB: float
    nonnegative: bool
    loss: str
    from_: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Branches(Shown):
    """Residual branches in use, by balancedness."""

    J: float
    atMost: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class View(Shown):
    """The features as their picture shows them."""

    seed: int
    shares: Floats
    means: Floats
    covariances: Floats
    sample: dict[str, Any]
    umap: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Measurement(Document):
    """Neural collapse of a trained network (schema nclab.measurement/1); without a head what needs one is None."""

    N: int
    K: int
    d: int
    counts: Ints
    nc1: NC1
    traceRatio: float | None
    cdnv: float | None
    nc2: NC2
    nc3: float | None
    nc4: float | None
    nc5: float | None
    nc3Structure: float | None
    gnc2: GNC2 | None
    unc3: float | None
    #: Exponential of the entropy of the singular values, of features and means.
    effectiveRank: dict[str, float] | None
    distances: Distances | None
    geometry: Geometry | None
    shared: dict[str, Any] | None
    #: K x K mean predictions without the bias, rows are logits, columns classes.
    Z: Floats | None
    b: Floats | None
    blockDeviation: float | None
    accuracy: Floats | None
    accuracyOverall: float | None
    crossEntropy: float | None
    #: Accuracy of many, medium and few.
    shots: dict[str, float] | None
    effective: Effective | None
    branches: Branches | None
    comparison: Comparison | None
    comparedAt: ComparedAt | None
    merged: list[list[int]]
    vanished: Ints
    rule: MergeRule
    classes: list[MeasuredClass]
    summary: Summary | None
    classNames: list[str] | None
    file: str | None
    intervals: dict[str, Any] | None
    peeled: dict[str, Any] | None
    view: View | None
    notes: list[str]
