"""The recorder beside a dump that is written by hand."""

from __future__ import annotations

import json
import unittest
from typing import Any

import numpy as np

import nclab
from tests.recording import InFolder, Recorder, batches, networks, nn, stored, torch


class BesideADump(InFolder):
    def train(
        self,
        model: nn.Module,
        recorder: Recorder | None,
        optimizer: torch.optim.Optimizer,
        criterion: nn.Module,
        data: list[tuple[torch.Tensor, torch.Tensor]] | None = None,
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """An epoch; features and labels as someone would write them down by hand."""
        features, all_labels = [], []
        model.train()
        for inputs, labels in data or batches():
            body = model.body(inputs)
            logits = list(model.children())[-1](body)
            loss = criterion(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            features.append(body.detach().float().numpy().copy())
            all_labels.append(labels.numpy().copy())
        return np.concatenate(features), np.concatenate(all_labels)

    def test_three_networks_in_training(self) -> None:
        for name, model in networks().items():
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01)
            criterion = nn.CrossEntropyLoss()
            folder = self.folder / name
            with Recorder(model, criterion=criterion, optimizer=optimizer, folder=folder, keep="all") as recorder:
                for epoch in range(1, 4):
                    features, labels = self.train(model, recorder, optimizer, criterion)
                    head = list(model.children())[-1]
                    weight, bias = (x.detach().numpy().copy() for x in (head.weight, head.bias))
                    pending = recorder.epoch()
                    assert pending is not None
                    found = stored(folder / f"epoch-{epoch:05d}.safetensors") if pending.result(60) else {}
                    for key, expected in {"features": features, "labels": labels, "weight": weight, "bias": bias}.items():
                        self.assertEqual(found[key].shape, expected.shape, f"{name} {key}")
                        self.assertLessEqual(float(np.abs(found[key] - expected).max()), 1e-6, f"{name} {key}")
                    by_hand = nclab.measure(features, labels, headWeight=weight, headBias=bias, weightDecay=0.01)
                    measured = pending.result()
                    assert measured.nc3 is not None and by_hand.nc3 is not None
                    self.assertAlmostEqual(measured.nc1.paper, by_hand.nc1.paper, delta=1e-6 * by_hand.nc1.paper)
                    self.assertAlmostEqual(measured.nc3, by_hand.nc3, delta=1e-6)
                    np.testing.assert_allclose(measured.Z, by_hand.Z, rtol=1e-6)
            self.assertEqual(len(recorder.measurements()), 3)
            lines = [json.loads(line) for line in (folder / "measurements.jsonl").read_text().splitlines()]
            self.assertEqual([line["epoch"] for line in lines], [1, 2, 3])
            self.assertEqual(len(model._modules), len(list(model.children())))

    def test_the_training_is_the_same_with_it_and_without(self) -> None:
        ends = []
        for recorded in (False, True):
            torch.manual_seed(5)
            model = networks()["residual"]
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
            criterion = nn.CrossEntropyLoss()
            recorder = Recorder(model, criterion=criterion, folder=self.folder) if recorded else None
            for _ in range(2):
                self.train(model, recorder, optimizer, criterion)
                if recorder:
                    recorder.epoch()
            if recorder:
                recorder.close()
            ends.append([x.detach().clone() for x in model.state_dict().values()])
        self.assertTrue(all(torch.equal(a, b) for a, b in zip(*ends, strict=True)))

    def test_a_pass_over_a_loader_is_that_of_one_network_in_evaluation(self) -> None:
        for name, model in networks().items():
            self.train(model, None, torch.optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss())
            model.eval()
            with torch.no_grad():
                features = np.concatenate([model.body(x).numpy() for x, _ in batches()])
            model.train()
            with Recorder(model, folder=self.folder / name) as recorder:
                recorder.record(batches())
                self.assertTrue(model.training)
                pending = recorder.epoch()
                assert pending is not None
                pending.result(60)
            found = stored(self.folder / name / "epoch-00001.safetensors")
            self.assertLessEqual(float(np.abs(found["features"] - features).max()), 1e-6)

    def test_such_a_pass_leaves_each_layer_in_its_mode(self) -> None:
        self.model.norm.eval()
        before = {name: module.training for name, module in self.model.named_modules()}
        self.recorder().record(batches())
        self.assertEqual({name: module.training for name, module in self.model.named_modules()}, before)
        self.assertEqual(set(before.values()), {True, False})

    def test_labels_one_by_one_and_passes_that_are_not_recorded(self) -> None:
        model = networks()["batch-norm"]
        with Recorder(model, folder=self.folder) as recorder:
            for inputs, labels in batches():
                model.train()
                model(inputs)
                recorder.labels(labels.tolist())
                model.eval()
                model(inputs)  # a validation in between
                recorder.labels(labels)
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, 200)

    def test_one_logit(self) -> None:
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
        criterion = nn.BCEWithLogitsLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01)
        with Recorder(model, criterion=criterion, optimizer=optimizer, folder=self.folder) as recorder:
            for inputs, labels in batches(classes=2):
                criterion(model(inputs), labels.float()[:, None])
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual((pending.result(60).K, pending.result().N), (2, 200))
            p = recorder.predict()
        expected = nclab.predict(counts=[100, 100], weightDecay=0.02, normWeightDecay=0.01, ends="batch-norm")
        self.assertEqual(p.document["Z"], expected.document["Z"])

    def test_a_pass_that_breaks_off_leaves_nothing(self) -> None:
        model = networks()["batch-norm"]
        with Recorder(model, folder=self.folder) as recorder:
            with self.assertRaises(nclab.InputError):
                recorder.record([*batches(), (batches()[0][0], torch.zeros(3, dtype=torch.long))])
            self.assertTrue(model.training)
            self.assertEqual(sorted(file.name for file in self.folder.iterdir()), [".nclab-lock", "measurements.jsonl"])
            recorder.record(batches())
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, 200)

    def test_tokens(self) -> None:
        head = nn.Linear(5, 3)
        model = nn.Sequential(nn.Identity(), head)
        inputs, labels = torch.randn(7, 11, 5), torch.randint(0, 3, (7, 11))
        labels[0, 0] = -100
        with Recorder(model, head="1", folder=self.folder, ignore_label=-100) as recorder:
            model(inputs)
            recorder.labels(labels)
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, 76)
        np.testing.assert_array_equal(stored(self.folder / "epoch-00001.safetensors")["features"], inputs.reshape(-1, 5).numpy())


if __name__ == "__main__":
    unittest.main()
