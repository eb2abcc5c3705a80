"""Which labels belong to which forward pass."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
import unittest
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import nclab

if importlib.util.find_spec("torch") is None:
    raise unittest.SkipTest("a Python with torch")

import torch
from torch import nn

from nclab.torch import Recorder
from tests.networks import batches, networks


class Pairs(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nclab-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.model = networks()["layer-norm"]
        self.criterion = nn.CrossEntropyLoss()
        (self.x1, self.y1), (self.x2, self.y2), (self.x3, self.y3) = batches()[:3]
        self.recorder = Recorder(self.model, criterion=self.criterion, folder=self.folder / "run")
        self.addCleanup(self.recorder.close)

    def stored(self) -> dict[str, np.ndarray[Any, Any]]:
        pending = self.recorder.epoch()
        assert pending is not None
        pending.result(60)
        data = (self.folder / f"run/epoch-{pending.epoch:05d}.safetensors").read_bytes()
        length = int.from_bytes(data[:8], "little")
        found = {}
        for name, about in json.loads(data[8 : 8 + length]).items():
            begin, end = about["data_offsets"]
            kind = {"F32": "<f4", "I64": "<i8", "U8": "u1"}[about["dtype"]]
            found[name] = np.frombuffer(data[8 + length + begin : 8 + length + end], kind).reshape(about["shape"])
        return found

    def are(self, *pairs: tuple[torch.Tensor, torch.Tensor]) -> None:
        """The samples that were recorded, in this order, and no others."""
        found = self.stored()
        with torch.no_grad():
            features = np.concatenate([self.model.body(x).numpy() for x, _ in pairs])
        np.testing.assert_allclose(found["features"], features, atol=1e-5)
        np.testing.assert_array_equal(found["labels"], np.concatenate([y.numpy() for _, y in pairs]))

    def test_a_loss_of_the_first_of_two_passes(self) -> None:
        for change in (lambda s: s, lambda s: s.float().clone(), lambda s: s.view(-1, 4), lambda s: s.double()):
            labelled, _ = self.model(self.x1), self.model(self.x2)
            self.criterion(change(labelled), self.y1).backward()
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                self.are((self.x1, self.y1))
            if self.recorder.number == 2:
                self.assertIn("epoch 1: 1 forward passes in train mode had no labels", str(said[0].message))
            else:
                self.assertEqual([str(x.message) for x in said], [])

    def test_losses_in_another_order_and_twice(self) -> None:
        first, second, third = self.model(self.x1), self.model(self.x2), self.model(self.x3)
        for scores, labels in ((second, self.y2), (second, self.y2), (first, self.y1), (third, self.y3), (third, self.y3)):
            self.criterion(scores, labels)
        self.are((self.x2, self.y2), (self.x1, self.y1), (self.x3, self.y3))

    def test_a_loss_twice_does_not_go_to_another_pass(self) -> None:
        first, _ = self.model(self.x1), self.model(self.x2)
        for _ in range(2):
            self.criterion(first, self.y1)
        self.are((self.x1, self.y1))

    def test_scores_that_something_was_made_of_are_those_of_the_last_pass(self) -> None:
        self.model(self.x1)
        self.criterion(self.model(self.x2) / 2, self.y2)
        self.are((self.x2, self.y2))

    def test_labels_by_hand_are_those_of_the_last_pass_and_of_no_other(self) -> None:
        self.model(self.x1), self.model(self.x2)
        self.recorder.labels(self.y2)
        with self.assertRaisesRegex(nclab.InputError, "expected a forward pass before them"):
            self.recorder.labels(self.y1)
        self.are((self.x2, self.y2))

    def test_passes_without_a_loss_do_not_pile_up(self) -> None:
        for _ in range(20):
            self.model(self.x1)
        self.assertEqual(len(self.recorder._passes._open), 4)
        self.criterion(self.model(self.x2), self.y2)
        with self.assertWarnsRegex(UserWarning, "20 forward passes"):
            self.are((self.x2, self.y2))

    def test_labels_that_a_pytorch_does_not_show(self) -> None:
        scores = self.model(self.x1)
        with self.assertRaisesRegex(
            nclab.InputError, r"^labels: expected the criterion's second argument, got none .*recorder\.labels\(y\)"
        ):
            self.recorder._judging(self.criterion, (), {"input": scores})
        self.model(self.x1)
        with self.assertRaisesRegex(nclab.InputError, "got none"):
            self.recorder._judging(self.criterion, (), {})


if __name__ == "__main__":
    unittest.main()
