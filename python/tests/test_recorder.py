"""The recorder beside a dump that is written by hand."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import tempfile
import threading
import time
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

from nclab import _feature_file
from nclab.torch import Recorder
from tests.networks import batches, networks


def stored(file: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a safetensors file, read by its format and not by what wrote it."""
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    kinds = {"F32": "<f4", "I64": "<i8", "U8": "u1"}
    arrays = {}
    for name, about in json.loads(data[8 : 8 + length]).items():
        begin, end = about["data_offsets"]
        arrays[name] = np.frombuffer(data[8 + length + begin : 8 + length + end], kinds[about["dtype"]]).reshape(about["shape"])
    return arrays


class InFolder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nclab-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        # A test that fails leaves no thread waiting.
        torch.manual_seed(0)

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


class BesideADump(InFolder):
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
            self.assertEqual([file.name for file in self.folder.iterdir()], [".nclab-lock"])
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


class OtherWays(InFolder):
    def test_autocast(self) -> None:
        model = networks()["batch-norm"]
        kept = []
        with Recorder(model, folder=self.folder) as recorder:
            for inputs, labels in batches():
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    body = model.body(inputs)
                    model.classifier(body.to(torch.bfloat16))
                kept.append(body.to(torch.bfloat16).detach().float().numpy())
                recorder.labels(labels)
            pending = recorder.epoch()
            assert pending is not None
            pending.result(60)
        np.testing.assert_array_equal(stored(self.folder / "epoch-00001.safetensors")["features"], np.concatenate(kept))

    @unittest.skipUnless(hasattr(torch, "compile"), "a PyTorch with compile")
    def test_compile(self) -> None:
        model = networks()["residual"]
        twin = networks()["residual"]
        twin.load_state_dict(model.state_dict())
        criterion = nn.CrossEntropyLoss()
        compiled = torch.compile(model, backend="eager")
        features = []
        with Recorder(compiled, criterion=criterion, folder=self.folder) as recorder:
            for inputs, labels in batches():
                criterion(compiled(inputs), labels)
                features.append(twin.body(inputs).detach().numpy())
            pending = recorder.epoch()
            assert pending is not None
            pending.result(60)
        found = stored(self.folder / "epoch-00001.safetensors")["features"]
        self.assertLessEqual(float(np.abs(found - np.concatenate(features)).max()), 1e-6)

    @unittest.skipUnless(torch.distributed.is_available() and torch.distributed.is_gloo_available(), "a PyTorch with gloo")
    def test_two_processes(self) -> None:
        ports = torch.multiprocessing.get_context("spawn").Manager().dict()
        torch.multiprocessing.spawn(_one_of_two, args=(str(self.folder), ports), nprocs=2)
        found = stored(self.folder / "run/epoch-00002.safetensors")
        both = [np.load(self.folder / f"{rank}.npz") for rank in range(2)]
        for key in ("features", "labels"):
            expected = np.concatenate([dump[key] for dump in both])
            self.assertLessEqual(float(np.abs(found[key] - expected).max()), 1e-6)
        lines = [json.loads(line) for line in (self.folder / "run/measurements.jsonl").read_text().splitlines()]
        self.assertEqual([(line["epoch"], line["N"]) for line in lines], [(1, 200), (2, 200)])
        self.assertEqual([file.name for file in (self.folder / "run").glob("*.shard*")], [])
        self.assertEqual(
            json.loads((self.folder / "predicted.json").read_text()), {"counts": [50, 50, 50, 50], "weightDecay": 0.02}
        )

    def test_a_process_that_never_comes(self) -> None:
        from nclab import _background

        with self.assertRaisesRegex(nclab.WorkError, "features of 2 processes, got none of b"):
            (self.folder / "a").touch()
            _background.gathered([self.folder / "a", self.folder / "b"], self.folder / "c", 0.2)


def _one_of_two(rank: int, folder: str, ports: Any) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    model = networks()["batch-norm"]
    parallel = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.02)
    criterion = nn.CrossEntropyLoss()
    recorder = Recorder(parallel, criterion=criterion, optimizer=optimizer, folder=f"{folder}/run", keep="all")
    own = batches(size=20)[rank::2]
    for _ in range(2):
        kept = []
        for inputs, labels in own:
            handle = model.classifier.register_forward_pre_hook(
                lambda _, given, to=kept: to.append(given[0].detach().numpy().copy())
            )
            loss = criterion(parallel(inputs), labels)
            handle.remove()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        pending = recorder.epoch()
        assert (pending is None) == (rank == 1)
    np.savez(f"{folder}/{rank}.npz", features=np.concatenate(kept), labels=np.concatenate([y.numpy() for _, y in own]))
    if rank == 0:
        problem = recorder.predict(ends="batch-norm").problem
        Path(f"{folder}/predicted.json").write_text(
            json.dumps({"counts": problem.counts.tolist(), "weightDecay": problem.weightDecay})
        )
    recorder.close()
    torch.distributed.destroy_process_group()


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


class Files(InFolder):
    def test_memory_is_bounded(self) -> None:
        """400 MB of features pass through; what Python holds meanwhile are the labels."""
        import tracemalloc

        file = _feature_file.FeatureFile(self.folder / "f.safetensors", 1000)
        block = np.ones((1000, 1000), np.float32)
        tracemalloc.start()
        for _ in range(100):
            file.append(block, np.zeros(1000, np.int64))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 5e6)
        file.finish(np.ones((3, 1000), np.float32), None)
        self.assertGreater(os.stat(self.folder / "f.safetensors").st_size, 4e8)

    def test_odd_sizes(self) -> None:
        for rows, width in ((0, 3), (1, 1), (3, 3), (5, 7)):
            file = _feature_file.FeatureFile(self.folder / "f.safetensors", width)
            features = np.random.default_rng(1).normal(size=(rows, width)).astype(np.float32)
            file.append(features, np.arange(rows))
            file.finish(np.ones((2, width), np.float32), np.zeros(2, np.float32))
            found = stored(self.folder / "f.safetensors")
            np.testing.assert_array_equal(found["features"], features)
            np.testing.assert_array_equal(found["labels"], np.arange(rows))

    @unittest.skipUnless(importlib.util.find_spec("safetensors"), "a Python with safetensors")
    def test_everybody_reads_it(self) -> None:
        from safetensors.numpy import load_file

        file = _feature_file.FeatureFile(self.folder / "f.safetensors", 3)
        file.append(np.ones((5, 3), np.float32), np.arange(5))
        file.finish(np.ones((2, 3), np.float32), np.zeros(2, np.float32))
        self.assertEqual(load_file(self.folder / "f.safetensors")["labels"].tolist(), [0, 1, 2, 3, 4])


if __name__ == "__main__":
    unittest.main()
