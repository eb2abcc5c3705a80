"""Which model applies to a network that is recorded, and what it predicts."""

from __future__ import annotations

import time
import unittest
import warnings
from typing import Any

import numpy as np

import nclab
from tests.recording import InFolder, Recorder, batches, networks, nn, torch


class Predicting(InFolder):
    def trained(self, name: str, optimizer: Any, **more: Any) -> Recorder:
        model = networks()[name]
        recorder = Recorder(model, optimizer=optimizer(model), folder=self.folder / str(time.monotonic_ns()), **more)
        self.addCleanup(recorder.close)
        for inputs, labels in batches():
            model(inputs)
            recorder.labels(labels)
        recorder.epoch()
        return recorder

    def test_section_9_1(self) -> None:
        recorder = self.trained("batch-norm", lambda m: torch.optim.SGD(m.parameters(), lr=0.1, weight_decay=0.02))
        network = recorder.network()
        self.assertEqual((network.section, network.ends, network.because), ("9.1", "batch-norm", None))
        p = recorder.predict()
        self.assertEqual(p.document["Z"], nclab.predict(counts=[50] * 4, weightDecay=0.02, ends="batch-norm").document["Z"])
        measured = recorder.measurements()[-1]
        assert measured.comparison is not None
        self.assertEqual(recorder.predict(weight_decay=0.1).problem.weightDecay, 0.1)
        self.assertEqual(recorder.predict(ends="batch-norm-relu").problem.ends, "batch-norm-relu")
        self.assertEqual(recorder.predict(counts=[500, 50, 5, 5]).problem.counts.tolist(), [500, 50, 5, 5])
        self.assertEqual(recorder.predict(lambdaZ=0.01).problem.weightDecay, None)

    def test_the_loss_is_that_of_the_criterion(self) -> None:
        optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1, weight_decay=0.02)
        weights = torch.tensor([1.0, 2, 3, 4])
        counts = [8] * 4
        asked = {"counts": counts, "weightDecay": 0.02, "ends": "batch-norm"}
        for name, criterion, loss in (
            ("smoothing", nn.CrossEntropyLoss(label_smoothing=0.1), {"smoothing": 0.1}),
            # By "mean" PyTorch divides by the weights of the samples: of equal counts 1 to 4 are 0.4 to 1.6.
            ("weights", nn.CrossEntropyLoss(weights), {"weights": [0.4, 0.8, 1.2, 1.6]}),
        ):
            recorder = self.recorder(criterion=criterion, optimizer=optimizer, folder=self.folder / name)
            criterion(self.model(self.batch[0]), self.batch[1])
            with self.assertWarnsRegex(UserWarning, f"measurements are compared with nothing: .*CrossEntropyLoss with {name}"):
                pending = recorder.epoch()
            assert pending is not None
            self.assertIsNone(pending.result(60).comparison)
            np.testing.assert_allclose(recorder.predict(ends="batch-norm").Z, nclab.predict(**asked, **loss).Z, atol=1e-9)
            plain = recorder.predict(ends="batch-norm", smoothing=0.0)
            np.testing.assert_allclose(plain.Z, nclab.predict(**asked).Z, atol=1e-9)
        # The loss itself is the model's, over all samples: weighted mean of PyTorch's, and the weights' average over the samples.
        scores, labels = torch.randn(32, 4), torch.arange(32) % 4
        each = nn.functional.cross_entropy(scores, labels, reduction="none")
        self.assertAlmostEqual(
            float(nn.CrossEntropyLoss(weights)(scores, labels)),
            float((torch.tensor([0.4, 0.8, 1.2, 1.6])[labels] * each).mean()),
            places=5,
        )

        class Focal(nn.Module):
            def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
                return nn.functional.cross_entropy(scores, labels)

        for criterion in (Focal(), nn.CrossEntropyLoss(weights, label_smoothing=0.1), nn.CrossEntropyLoss(reduction="sum")):
            recorder = self.recorder(criterion=criterion, optimizer=optimizer, folder=self.folder / str(time.monotonic_ns()))
            criterion(self.model(self.batch[0]), self.batch[1])
            with self.assertWarnsRegex(
                UserWarning, f"predicted is what cross-entropy .*the criterion is {type(criterion).__name__}"
            ):
                recorder.predict(ends="batch-norm")
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                recorder.predict(ends="batch-norm", loss="cross-entropy")

    def test_section_9_2_with_the_j_that_was_measured(self) -> None:
        recorder = self.trained("residual", lambda m: torch.optim.SGD(m.parameters(), lr=0.1, weight_decay=0.02))
        network = recorder.network()
        recorder.measurements()
        network = recorder.network()
        self.assertEqual((network.section, network.ends), ("9.2", "batch-norm-relu"))
        self.assertTrue(1 <= network.branchesAtMost <= 3, network.branchesAtMost)
        self.assertIn("measured", " ".join(network.notes))
        self.assertEqual(recorder.predict().problem.ends, "batch-norm-relu")

    def test_section_9_4(self) -> None:
        recorder = self.trained("layer-norm", lambda m: torch.optim.SGD(m.parameters(), lr=0.1, weight_decay=0.02))
        network = recorder.network()
        self.assertEqual(
            (network.section, network.ends, network.settings),
            ("9.4", "layer-norm", {"weightDecay": 0.02, "ends": "layer-norm", "width": 24}),
        )
        p = recorder.predict(starts=2)
        self.assertEqual((p.method, p.certified), ("layer-norm", False))

    def test_groups_that_spare_and_groups_that_differ(self) -> None:
        def groups(norm: float) -> Any:
            return lambda m: torch.optim.SGD(
                [
                    {"params": [*m.norm.parameters()], "weight_decay": norm},
                    {"params": [*m.hidden.parameters(), *m.classifier.parameters()]},
                ],
                lr=0.1,
                weight_decay=0.02,
            )

        p = self.trained("batch-norm", groups(0.005)).predict()
        self.assertEqual(
            p.document["Z"],
            nclab.predict(counts=[50] * 4, weightDecay=0.02, normWeightDecay=0.005, ends="batch-norm").document["Z"],
        )
        with self.assertRaisesRegex(nclab.InputError, "normWeightDecay: .*no minimum"):
            self.trained("batch-norm", groups(0)).predict()

    def test_a_head_that_shares_its_weight(self) -> None:
        class Tied(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(4, 24)
                self.norm = nn.BatchNorm1d(24)
                self.lm_head = nn.Linear(24, 4, bias=False)
                self.lm_head.weight = self.embedding.weight

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return self.lm_head(self.norm(self.embedding(x)))

        model = Tied()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.02)
        recorder = Recorder(model, optimizer=optimizer, folder=self.folder)
        self.addCleanup(recorder.close)
        self.assertEqual(recorder.head, "lm_head")
        model(torch.arange(40) % 4)
        recorder.labels(torch.arange(40) % 4)
        recorder.epoch()
        settings = recorder.network().settings
        self.assertEqual(settings, {"weightDecay": 0.02, "biasWeightDecay": "inf", "ends": "batch-norm"})

    def test_a_weight_that_is_made_of_others(self) -> None:
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 24), nn.BatchNorm1d(24), nn.utils.weight_norm(nn.Linear(24, 4)))
        recorder = Recorder(model, head="3", weight_decay=0.02, folder=self.folder)
        self.addCleanup(recorder.close)
        inputs, labels = batches()[0]
        model(inputs)
        recorder.labels(labels)
        with self.assertWarnsRegex(UserWarning, "nothing is compared"):
            pending = recorder.epoch()
        assert pending is not None
        self.assertEqual(pending.result(60).K, 4)
        with self.assertRaises(nclab.InputError):
            recorder.predict()

    def test_what_is_not_covered_is_said(self) -> None:
        with self.assertRaisesRegex(nclab.InputError, "adamw: .*section 9.5"):
            self.trained("batch-norm", lambda m: torch.optim.AdamW(m.parameters())).predict()
        recorder = self.trained("batch-norm", lambda m: torch.optim.Adam(m.parameters(), weight_decay=0.02))
        self.assertTrue(recorder.predict().certified)
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 24), nn.GroupNorm(2, 24), nn.Linear(24, 4))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            recorder = Recorder(model, weight_decay=0.1, folder=self.folder / "g")
            self.addCleanup(recorder.close)
            inputs, labels = batches()[0]
            model(inputs)
            recorder.labels(labels)
            recorder.epoch()
        with self.assertRaises(nclab.InputError) as raised:
            recorder.predict()
        self.assertIn("2 is GroupNorm", str(raised.exception.value))

    def test_before_anything_was_measured(self) -> None:
        model = networks()["batch-norm"]
        recorder = Recorder(model, weight_decay=0.02, folder=self.folder)
        self.addCleanup(recorder.close)
        with self.assertRaisesRegex(nclab.InputError, "^counts: expected labels that were recorded"):
            recorder.predict()
        for inputs, labels in batches():
            model(inputs)
            recorder.labels(labels)
        self.assertEqual(recorder.predict().problem.counts.tolist(), [50] * 4)


if __name__ == "__main__":
    unittest.main()
