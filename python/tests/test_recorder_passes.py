"""Which labels belong to which forward pass."""

from __future__ import annotations

import typing
import unittest
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import nclab
from tests.recording import InFolder, Recorder, batches, networks, nn, stored, torch


class Pairs(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.model = networks()["layer-norm"]
        (self.x1, self.y1), (self.x2, self.y2), (self.x3, self.y3) = batches()[:3]
        self.recorder = Recorder(self.model, criterion=self.criterion, folder=self.folder / "run")
        self.addCleanup(self.recorder.close)

    def stored(self) -> dict[str, np.ndarray[Any, Any]]:
        pending = self.recorder.epoch()
        assert pending is not None
        pending.result(60)
        return stored(self.folder / f"run/epoch-{pending.epoch:05d}.safetensors")

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

    made: typing.ClassVar[dict[str, Callable[[torch.Tensor], torch.Tensor]]] = {
        "log-softmax": lambda s: s.log_softmax(1),
        "softmax": lambda s: s.softmax(-1),
        "sigmoid": torch.sigmoid,
        "its logarithm": nn.functional.logsigmoid,
        "a temperature": lambda s: s / 2,
        "a constant a class": lambda s: s + torch.tensor([3.0, 0.5, -1, 0]),
        "half precision": lambda s: s.to(torch.bfloat16),
        "a temperature in half precision": lambda s: s.to(torch.bfloat16) / 3,
        "an output of two": lambda s: (s[:, :2].sum(), s),  # type: ignore[dict-item,return-value]
    }

    def test_scores_that_something_known_was_made_of_are_those_of_their_pass(self) -> None:
        class Loss(nn.Module):
            def forward(self, scores: Any, labels: torch.Tensor) -> None: ...

        criterion = Loss()
        for name, change in self.made.items():
            for graph in (True, False):
                with self.subTest(name, graph=graph), torch.set_grad_enabled(graph):
                    recorder = Recorder(self.model, criterion=criterion, folder=self.folder / f"{name} {graph}")
                    self.addCleanup(recorder.close)
                    first, _, last = self.model(self.x1), self.model(self.x2), self.model(self.x3)
                    criterion(change(last), self.y3)
                    criterion(change(first), self.y1)
                    with self.assertWarnsRegex(UserWarning, "1 forward passes in train mode had no labels"):
                        pending = recorder.epoch()
                    assert pending is not None
                    pending.result(60)
                    found = stored(recorder.folder / "epoch-00001.safetensors")
                    np.testing.assert_array_equal(found["labels"], torch.cat([self.y3, self.y1]).numpy())
                    expected = torch.cat([self.model.body(self.x3), self.model.body(self.x1)]).detach().numpy()
                    np.testing.assert_allclose(found["features"], expected, atol=1e-5)

    def test_what_is_not_known_to_be_a_passs_has_no_labels_for_it_and_is_said(self) -> None:
        order = torch.randperm(32)
        other = networks()["residual"]
        margin = torch.zeros(32, 4)
        margin[torch.arange(32), self.y1] = 0.7
        strange: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
            "samples in another order": lambda s: s[order],
            "that through a softmax": lambda s: s[order].log_softmax(1),
            "another network's": lambda _: other(self.x1),
            "another network's probabilities": lambda _: other(self.x1).log_softmax(1),
            "a margin a sample": lambda s: s - margin,
            "columns in another order": lambda s: s.flip(1).contiguous(),
            "the mean of two passes": lambda s: (s + self.model(self.x2)) / 2,
            "numbers that are none": lambda s: s * float("nan"),
            "a part of the batch": lambda s: s[:16],
        }
        for name, change in strange.items():
            with self.subTest(name):
                scores = change(self.model(self.x1))
                self.criterion(scores, self.y1[: len(scores)])
                with self.assertRaisesRegex(
                    nclab.InputError,
                    "had no labels: the loss was of what is neither .* recorder.labels\\(y\\) after each forward pass",
                ):
                    self.recorder.epoch()
        self.criterion(self.model(self.x2), self.y2)
        self.are((self.x2, self.y2))

    def test_scores_that_are_all_equal_are_told_apart_by_their_place_or_not_at_all(self) -> None:
        with torch.no_grad():
            self.model.classifier.weight.zero_()
        first, second = self.model(self.x1), self.model(self.x2)
        self.criterion(first.log_softmax(1), self.y1)
        self.criterion(second, self.y2)
        with self.assertWarnsRegex(UserWarning, "1 forward passes .*the loss was of what is neither"):
            self.are((self.x2, self.y2))

    def test_one_sample_is_not_taken_for_another_networks(self) -> None:
        model = nn.Linear(8, 2)
        with Recorder(model, head="", criterion=self.criterion, folder=self.folder / "one") as recorder:
            model(torch.randn(1, 8))
            self.criterion(torch.tensor([[1.0, -1.0]]), torch.tensor([1]))
            with self.assertRaisesRegex(nclab.InputError, "1 had no labels"):
                recorder.epoch()

    def test_mixed_samples_are_refused_at_their_second_loss(self) -> None:
        scores = self.model(self.x1)
        self.criterion(scores, self.y1)
        self.criterion(scores, self.y1)
        self.criterion(scores, scores.softmax(1).detach())
        self.criterion(scores[:16], self.y1[:16].flip(0))
        with self.assertRaisesRegex(nclab.InputError, "^labels: expected those that the same scores had .*mixed samples"):
            self.criterion(scores, self.y1.flip(0))
        self.are((self.x1, self.y1))

    def test_arguments_by_any_name(self) -> None:
        class Named(nn.Module):
            def forward(self, *, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
                return nn.functional.cross_entropy(logits, labels)

        if torch.__version__ < "2":
            self.skipTest("a PyTorch that shows arguments by name")
        criterion = Named()
        with Recorder(self.model, criterion=criterion, folder=self.folder / "named") as recorder:
            criterion(logits=self.model(self.x1), labels=self.y1)
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, 32)
        self.criterion(target=self.y1, input=self.model(self.x1))
        self.are((self.x1, self.y1))

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
