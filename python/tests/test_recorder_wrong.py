"""What is wrong, and what is not of the network that is recorded."""

from __future__ import annotations

import os
import threading
import unittest
from typing import Any

import nclab
from tests.recording import InFolder, Recorder, batches, networks, nn, stored, torch


class WhatIsWrong(InFolder):
    def test_the_head(self) -> None:
        for name, place in {"residual": "fc", "batch-norm": "classifier"}.items():
            model = networks()[name]
            with Recorder(model, folder=self.folder / name) as recorder:
                self.assertEqual(recorder.head, place)
            for head in (place, getattr(model, place)):
                with Recorder(model, head=head, folder=self.folder / name) as recorder:
                    self.assertEqual(recorder.head, place)
            for wrong in ("nothing", "", nn.Linear(3, 3), "bn1"):
                with self.assertRaisesRegex(nclab.InputError, "^head: expected a module of this network"):
                    Recorder(model, head=wrong, folder=self.folder / name)
        two = nn.ModuleDict({"a": nn.Linear(4, 3), "b": nn.Linear(3, 4), "c": nn.Linear(3, 3)})
        with self.assertRaisesRegex(nclab.InputError, "head=NAME"):
            Recorder(two, folder=self.folder)

    def test_settings(self) -> None:
        model = networks()["batch-norm"]
        for wrong in (
            *({"when": "always"}, {"keep": "none"}, {"every": 0}, {"every": 1.5}, {"class_names": ["a", "b"]}),
            *({"criterion": nn.functional.cross_entropy}, {"optimizer": torch.optim.SGD}, {"optimizer": [3]}),
            *({"folder": __file__}, {"folder": f"{__file__}/below"}),
        ):
            with self.assertRaises(nclab.InputError) as raised:
                Recorder(model, **{"folder": self.folder, **wrong})  # type: ignore[arg-type]
            self.assertEqual(raised.exception.what, next(iter(wrong)))
        for no_model in (lambda x: x, nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.Linear(5, 3))):
            with self.assertRaises(nclab.InputError) as raised:
                Recorder(no_model, folder=self.folder)  # type: ignore[arg-type]
            self.assertEqual(raised.exception.what, "model")
        heads = nn.ModuleDict({"body": nn.Linear(8, 16), "a": nn.Linear(16, 3), "b": nn.Linear(16, 3)})
        with self.assertRaisesRegex(nclab.InputError, "head=NAME"):
            Recorder(heads, folder=self.folder)
        with self.assertRaisesRegex(nclab.InputError, "got DataParallel"):
            Recorder(nn.DataParallel(model), folder=self.folder)

    def test_labels(self) -> None:
        model = networks()["batch-norm"]
        inputs, labels = batches()[0]
        with Recorder(model, folder=self.folder) as recorder:
            with self.assertRaisesRegex(nclab.InputError, "^labels: expected a forward pass before them"):
                recorder.labels(labels)
            for wrong, message in (
                *((labels[1:], "expected 32, one a sample, got 31"), (torch.rand(32, 4), "mixed or soft")),
                (torch.eye(4)[labels], r"got 32 x 4 \(one-hot labels: call labels\(y.argmax\(1\)\)\)"),
            ):
                model(inputs)
                with self.assertRaisesRegex(nclab.InputError, message):
                    recorder.labels(wrong)
            model(inputs)
            with self.assertRaisesRegex(
                nclab.InputError, r"^epoch: .*\(1 had no labels|^epoch: expected forward passes with labels"
            ):
                recorder.epoch()
            model(inputs)
            recorder.labels(labels)
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, 32)

    def test_a_loss_of_another_layer_names_the_head(self) -> None:
        recorder = self.recorder(head="hidden")
        with self.assertRaisesRegex(
            nclab.InputError,
            r"1 had no labels: the loss is of 4 scores a sample, and the head, hidden, has 24: head names another",
        ):
            self.epoch(recorder)

    def test_a_recorder_that_was_closed_and_batches_that_are_no_pairs(self) -> None:
        recorder = self.recorder()
        for wrong, message in (
            ({"x": 1, "y": 2}, "batches of two, inputs and labels .*got dict"),
            (self.batch[0], "batches of two, .*got Tensor"),
            ((*self.batch, 1), "batches of two, .*got tuple of 3"),
            (({"x": 1}, self.batch[1]), "a tensor as inputs .*got dict"),
        ):
            with self.assertRaisesRegex(nclab.InputError, f"^loader: expected {message}"):
                recorder.record([wrong])
        self.assertEqual(self.epoch(recorder).result(60).N, 32)
        recorder.close()
        with self.assertRaisesRegex(nclab.InputError, "^epoch: expected a recorder that is open, got one that was closed"):
            recorder.epoch()
        self.assertEqual(len(recorder.measurements()), 1)

    def test_what_measuring_refuses_is_said_in_the_recorders_words(self) -> None:
        for labels, message in (
            ([0, 1, 2, 3, 255], "ignore_label=255: samples that belong to no class"),
            ([0, 1, 2, 3, -100], "ignore_label=-100: samples that belong to no class"),
        ):
            recorder = self.recorder(folder=self.folder / message[:20].replace("=", ""))
            self.model(self.batch[0][:5])
            recorder.labels(labels)
            pending = recorder.epoch()
            assert pending is not None
            with self.assertRaises(nclab.InputError) as raised:
                pending.result(60)
            self.assertIn(message, str(raised.exception))
            self.assertNotIn("--", str(raised.exception).replace(str(self.folder), ""))
            with self.assertWarnsRegex(UserWarning, message):
                recorder.close()

    def test_labels_of_another_pass_or_of_another_head_are_not_taken(self) -> None:
        inputs, labels = batches()[0]
        criterion = nn.CrossEntropyLoss()

        class Two(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.body, self.norm = nn.Linear(64, 24), nn.BatchNorm1d(24)
                self.first, self.second = nn.Linear(24, 4), nn.Linear(24, 7)

            def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
                y = self.norm(self.body(x.flatten(1)))
                return self.first(y), self.second(y)

        model = Two()
        with Recorder(model, head="first", criterion=criterion, folder=self.folder / "two") as recorder:
            first, second = model(inputs)
            (criterion(second, labels + 3) + criterion(first, labels)).backward()
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).counts.tolist(), torch.bincount(labels).tolist())

        model = networks()["batch-norm"]
        with Recorder(model, criterion=criterion, folder=self.folder / "passes") as recorder:
            criterion(model(inputs), labels)
            # Statistics of batches are computed again, then the network is judged: none of this is an epoch's.
            model(inputs + 100)
            model.eval()
            criterion(model(inputs), labels)
            model.train()
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, len(labels))
        self.assertLess(float(stored(self.folder / "passes/epoch-00001.safetensors")["features"].max()), 100)

    def test_a_copy_of_the_network_is_not_recorded_and_can_be_saved(self) -> None:
        import copy
        import io

        model = networks()["batch-norm"]
        criterion = nn.CrossEntropyLoss()
        inputs, labels = batches()[0]
        with Recorder(model, criterion=criterion, folder=self.folder) as recorder:
            averaged = copy.deepcopy(model)
            criterion(averaged(inputs), labels)
            criterion(model(inputs), labels)
            copy.deepcopy(criterion)(averaged(inputs), labels)
            torch.save(model, io.BytesIO())
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, len(labels))

    def test_a_folder_that_is_named_from_another_one(self) -> None:
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        model = networks()["batch-norm"]
        inputs, labels = batches()[0]
        with Recorder(model, folder="-läufe und\nanderes") as recorder:
            os.chdir("/")
            model(inputs)
            recorder.labels(labels)
            pending = recorder.epoch()
            assert pending is not None
            self.assertEqual(pending.result(60).N, len(labels))
        self.assertTrue((self.folder / "-läufe und\nanderes/measurements.jsonl").exists())

    def test_a_measurement_that_fails_is_a_warning_and_the_training_goes_on(self) -> None:
        model = networks()["batch-norm"]
        inputs, labels = batches()[0]
        with Recorder(model, folder=self.folder) as recorder:
            model(inputs)
            recorder.labels(labels + 100)
            pending = recorder.epoch()
            assert pending is not None
            with self.assertRaises(nclab.InputError):
                pending.result(60)
            model(inputs)
            recorder.labels(labels)
            with self.assertWarnsRegex(UserWarning, "epoch 1 was not measured: .*labels"):
                recorder.epoch()
            self.assertEqual(len(recorder.measurements()), 1)

    def test_a_folder_with_measurements(self) -> None:
        model = networks()["batch-norm"]
        inputs, labels = batches()[0]

        def once(**more: Any) -> int:
            with Recorder(model, folder=self.folder, **more) as recorder:
                model(inputs)
                recorder.labels(labels)
                pending = recorder.epoch()
                assert pending is not None
                pending.result(60)
                return pending.epoch

        self.assertEqual(once(), 1)
        with self.assertRaisesRegex(nclab.InputError, "resume=True"):
            once()
        self.assertEqual(once(resume=True), 2)
        self.assertEqual(
            sorted(f.name for f in self.folder.iterdir()), ["epoch-00002.safetensors", "last.json", "measurements.jsonl"]
        )

    def test_hooks_and_half_files_are_gone(self) -> None:
        model = networks()["batch-norm"]
        criterion = nn.CrossEntropyLoss()
        recorder = Recorder(model, criterion=criterion, folder=self.folder)
        inputs, labels = batches()[0]
        criterion(model(inputs), labels)
        self.assertEqual(len(list(self.folder.glob("*.part"))), 1)
        recorder.close()
        self.assertEqual(list(self.folder.iterdir()), [])
        for module in (*model.modules(), criterion):
            self.assertEqual(len(module._forward_pre_hooks), 0)
        self.assertNotIn("nclab", [thread.name[:5] for thread in threading.enumerate()])

    def test_only_every_third_epoch(self) -> None:
        model = networks()["batch-norm"]
        with Recorder(model, folder=self.folder, every=3, keep="all") as recorder:
            for _ in range(6):
                inputs, labels = batches()[0]
                model(inputs)
                recorder.labels(labels)
                recorder.epoch()
        self.assertEqual(
            sorted(f.name for f in self.folder.glob("*.safetensors")), ["epoch-00003.safetensors", "epoch-00006.safetensors"]
        )


if __name__ == "__main__":
    unittest.main()
