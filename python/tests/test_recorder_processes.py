"""Several processes that train one network."""

from __future__ import annotations

import contextlib
import json
import time
import unittest
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import nclab
from nclab._feature_file import FeatureFile
from nclab._shards import Shards
from tests.recording import InFolder, Recorder, batches, networks, nn, stored, torch


class Processes(InFolder):
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

    def shards(self, rank: int = 0, patience: float = 0.2) -> Shards:
        return Shards(self.folder, rank, 2, patience)

    def written(self, file: Path, value: float) -> Path:
        shard = FeatureFile(file, 3)
        shard.append(np.full((2, 3), value, np.float32), np.arange(2))
        return shard.finish(np.ones((2, 3), np.float32), None)

    def test_a_process_that_never_comes(self) -> None:
        shards = self.shards()
        self.written(shards.of(1), 0)
        with self.assertRaisesRegex(
            nclab.WorkError, r"features of 2 processes, got none of epoch-00001\.1-of-2\.shard for 0\.2 s: .*patience"
        ):
            shards.gathered(1, self.folder / "c")
        for wrong in (0, -1, float("nan"), "x", True, None):
            with self.assertRaisesRegex(nclab.InputError, "^patience: expected a number of seconds above 0"):
                self.recorder(patience=wrong)

    def test_a_process_that_says_that_nothing_comes(self) -> None:
        first, second = self.shards(patience=600), self.shards(1)
        self.written(first.of(1), 0)
        second.fail(1, "No space left on device")
        with self.assertRaisesRegex(nclab.WorkError, "the features of process 1 do not come: No space left on device"):
            first.gathered(1, self.folder / "c")
        # A disk so full that the name is all that can be written.
        self.written(first.of(2), 0)
        first.of(2, 1).with_name(f"{first.of(2, 1).name}.failed").touch()
        with self.assertRaisesRegex(nclab.WorkError, "the features of process 1 do not come"):
            first.gathered(2, self.folder / "c")
        first.done(2)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_shards_of_a_run_that_was_killed_are_not_taken(self) -> None:
        for first in (0, 1):
            for place in ("0-of-2.shard", "1-of-2.shard", "1-of-2.shard.part", "1-of-2.shard.failed", "3-of-4.shard.part"):
                (self.folder / f"epoch-00007.{place}").write_bytes(b"old")
            kept = {"epoch-00007.safetensors", "epoch-00007.mine.shard", "epoch-7.1-of-2.shard"}
            for name in kept:
                (self.folder / name).touch()
            by_rank = {rank: self.shards(rank) for rank in (first, 1 - first)}
            self.assertEqual({file.name for file in self.folder.iterdir()}, kept)
            for rank in (0, 1):
                self.written(by_rank[rank].of(7), rank)
            (self.folder / "epoch-00007.safetensors").unlink()
            file = by_rank[0].gathered(7, self.folder / "epoch-00007.safetensors")
            np.testing.assert_array_equal(stored(file)["features"], np.repeat([0, 0, 1, 1], 3).reshape(4, 3))
            for left in self.folder.iterdir():
                left.unlink()

    def test_what_another_process_is_writing_is_left_to_it(self) -> None:
        second = self.shards(1)
        shard = FeatureFile(second.of(1), 3)
        first = self.shards(0)
        shard.append(np.ones((2, 3), np.float32), np.arange(2))
        shard.finish(np.ones((2, 3), np.float32), None)
        self.written(first.of(1), 0)
        first.gathered(1, self.folder / "c")

    def test_late_shards_of_an_epoch_that_the_first_could_not_write(self) -> None:
        first = self.shards(0)
        first.abandon(1)
        self.written(first.of(1, 1), 1)
        self.written(first.of(3, 1), 1)
        first.done(2)
        self.assertEqual([file.name for file in self.folder.iterdir()], ["epoch-00003.1-of-2.shard"])
        first.close()
        self.assertEqual(list(self.folder.iterdir()), [])

    @unittest.skipUnless(torch.distributed.is_available() and torch.distributed.is_gloo_available(), "a PyTorch with gloo")
    def test_a_disk_that_is_full_for_one_of_two_and_a_training_that_ends_in_one(self) -> None:
        """Two runs in one folder: the second goes on with `resume`, among what the first left behind."""
        for run in ("full", "raises"):
            (self.folder / "meeting").unlink(missing_ok=True)
            torch.multiprocessing.spawn(_one_fails, args=(str(self.folder), run), nprocs=2)
            said = (self.folder / "said").read_text()
            self.assertIn({"full": "process 1 do not come: ", "raises": "its training ended: KeyError"}[run], said)
            self.assertEqual([f.name for f in (self.folder / "run").iterdir() if ".shard" in f.name], [])
        lines = [json.loads(line) for line in (self.folder / "run/measurements.jsonl").read_text().splitlines()]
        self.assertEqual([(line["epoch"], line["N"]) for line in lines], [(1, 64), (3, 64), (4, 64)])


def _one_fails(rank: int, folder: str, run: str) -> None:
    """Rank 1 has no features of its second epoch."""
    from nclab import _feature_file

    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    model = networks()["layer-norm"]
    criterion = nn.CrossEntropyLoss()
    began = time.monotonic()
    recorder = Recorder(model, criterion=criterion, folder=f"{folder}/run", resume=run == "raises")
    inputs, labels = batches()[0]
    torch.distributed.barrier()
    said = []
    with warnings.catch_warnings(record=True) as warned, contextlib.suppress(KeyError), recorder:
        warnings.simplefilter("always")
        for epoch in range(1 if run == "raises" else 3):
            criterion(model(inputs), labels)
            full = run == "full" and (rank, epoch) == (1, 1)
            with mock.patch.object(_feature_file, "_end", _full) if full else contextlib.nullcontext():
                recorder.epoch()
        if run == "raises":
            criterion(model(inputs), labels)
            if rank == 1:
                raise KeyError("x")
            pending = recorder.epoch()
            assert pending is not None
            with contextlib.suppress(nclab.WorkError):
                pending.result()
    said = [str(one.message) for one in warned]
    if rank == 0:
        Path(folder, "said").write_text("\n".join(said))
        assert time.monotonic() - began < 120
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def _full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


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


if __name__ == "__main__":
    unittest.main()
