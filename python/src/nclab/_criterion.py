"""What a criterion of PyTorch is to a prediction: settings of its loss, or the reason why it is another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


def loss_settings(criterion: torch.nn.Module | None, counts: Sequence[int]) -> tuple[dict[str, Any], str | None]:
    """Settings for `predict` beside counts and regularization; and what of the criterion they do not say (None: nothing)."""
    if criterion is None:
        return {}, None
    name = type(criterion).__name__
    weight = getattr(criterion, "weight", None)
    smoothing = getattr(criterion, "label_smoothing", 0)
    if not isinstance(criterion, torch.nn.CrossEntropyLoss | torch.nn.NLLLoss):
        # One logit has two classes, whose cross-entropy this is.
        if isinstance(criterion, torch.nn.BCEWithLogitsLoss) and weight is None and criterion.pos_weight is None:
            return {}, None
        return {}, f"{name}, whose loss is not known"
    if weight is not None and smoothing > 0:
        return {}, f"{name} with weight and label_smoothing, which weighs the targets and not the samples"
    if criterion.reduction != "mean":
        # A sum over the batch is a larger loss under the same decay, by the size of the batch.
        return {}, f"{name} with reduction={criterion.reduction!r}"
    if smoothing > 0:
        return {"smoothing": float(smoothing)}, None
    if weight is None:
        return {}, None
    weights = [float(x) for x in weight.detach().cpu()]
    samples = sum(w * n for w, n in zip(weights, counts, strict=True)) if len(weights) == len(counts) else 0
    if not samples > 0:
        return {}, f"{name} with {len(weights)} weights"
    # By "mean" PyTorch divides by the weights of the samples, not by their number: in the model they average to 1.
    scale = sum(counts) / samples
    return {"weights": [w * scale for w in weights]}, None
