"""The folder of a recorder: whose files it touches, who else writes there, and what a run that was killed leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import unittest
import warnings
from pathlib import Path
from typing import Any

import nclab
from tests.recording import InFolder, Recorder, torch


class Folder(InFolder):
    def refused(self, pattern: str, **more: Any) -> None:
        with self.assertRaisesRegex(nclab.InputError, pattern) as raised:
            self.recorder(**more)
        self.assertEqual(raised.exception.what, "folder")


class FilesOfOthers(Folder):
    def test_a_folder_with_files_of_others_is_refused_and_nothing_of_it_touched(self) -> None:
        kept = ["epoch-00000.safetensors", "epoch-00000-best.safetensors", "last.json", "notes.txt"]
        for names in (kept, kept[:1], kept[2:3], kept[3:]):
            for resume in (False, True):
                place = self.folder / f"{len(names)}-{names[0]}-{resume}"
                place.mkdir()
                for name in names:
                    (place / name).write_text(name)
                self.refused(f"not known to be a recorder's: .*{min(names)}.*name another folder", folder=place, resume=resume)
                self.assertEqual({f.name: f.read_text() for f in place.iterdir()}, {name: name for name in names})
        (self.folder / "measurements.jsonl").write_text('{"loss": 1}\n')
        self.refused("not known to be a recorder's", resume=True)
        self.refused("which has measurements")

    def test_only_what_the_recorder_wrote_is_deleted(self) -> None:
        recorder = self.recorder()
        self.epoch(recorder).result(60)
        recorder.close()
        mine = ["epoch-00000.safetensors", "epoch-00000-best.safetensors", "epoch-00001-best.safetensors"]
        for name in mine:
            (self.folder / name).write_text(name)
        recorder = self.recorder(resume=True)
        for _ in range(2):
            self.epoch(recorder).result(60)
        recorder.close()
        self.assertEqual(
            sorted(f.name for f in self.folder.iterdir()),
            sorted([*mine, "epoch-00003.safetensors", "last.json", "measurements.jsonl"]),
        )

    def test_a_half_file_and_files_of_tools_are_no_results(self) -> None:
        for name in ("epoch-00001.0-of-1.shard.part", ".DS_Store", ".gitkeep"):
            (self.folder / name).write_text("")
        self.assertEqual(self.epoch(self.recorder()).result(60).N, 32)

    def test_no_place(self) -> None:
        for wrong in (5, None, "a\0b"):
            self.refused("^folder: expected the path of a folder", folder=wrong)

    @unittest.skipIf(sys.platform == "win32", "folders that are read-only")
    def test_read_only(self) -> None:
        place = self.folder / "fixed"
        place.mkdir()
        from unittest import mock

        # Who may write everywhere (root) is told of a file system that is read-only by these two.
        with mock.patch("os.access", return_value=False):
            self.refused("^folder: expected a folder that can be written to, .*read-only", folder=place)
        with mock.patch("os.open", side_effect=OSError(30, "Read-only file system")):
            self.refused("^folder: expected a folder that can be written to", folder=place)


class Two(Folder):
    def test_a_second_recorder_is_refused(self) -> None:
        first = self.recorder()
        self.refused("no other recorder writes in, .*process [0-9]+ on .*name another one")
        self.assertEqual(self.epoch(first).result(60).N, 32)
        self.refused("no other recorder writes in", resume=True)
        first.close()
        self.assertEqual(self.epoch(self.recorder(resume=True)).result(60).N, 32)

    def test_in_another_process_that_lives_and_one_that_is_gone(self) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        lock = self.folder / ".nclab-lock"
        import platform

        for owner in (f"{ended.pid} {platform.node()}", f"{os.getpid()} {platform.node()}", ""):
            lock.write_text(owner)
            self.recorder().close()
            self.assertFalse(lock.exists())
        for owner in (f"{os.getppid()} {platform.node()}", f"{ended.pid} another-machine"):
            lock.write_text(owner)
            self.refused(r"no other recorder writes in, .*delete \.nclab-lock in it where that process is gone")
            self.assertEqual(lock.read_text(), owner)


class GoingOn(Folder):
    def test_a_damaged_last_line(self) -> None:
        recorder = self.recorder()
        self.epoch(recorder).result(60)
        recorder.close()
        file = self.folder / "measurements.jsonl"
        whole = file.read_bytes()
        for tail, stays in (
            *((b'{"epoch": 2, "sch', b""), (b"\n", b"\n"), (b'{"loss": 1}\n', b'{"loss": 1}\n'), (b"\xff\n", b"\xff\n")),
            *((b'{"loss": 1}\n{"epoch": 2', b'{"loss": 1}\n'),),
        ):
            file.write_bytes(whole + tail)
            with self.assertWarnsRegex(UserWarning, "no whole measurement; the recorder goes on after epoch 1"):
                recorder = self.recorder(resume=True)
            self.assertEqual(recorder.number, 2)
            self.epoch(recorder).result(60)
            recorder.close()
            data = file.read_bytes()
            self.assertTrue(data.startswith(whole + stays), tail)
            self.assertEqual(json.loads(data[len(whole + stays) :])["epoch"], 2)

    def test_a_last_line_without_its_end_and_a_file_without_a_whole_line(self) -> None:
        recorder = self.recorder()
        self.epoch(recorder).result(60)
        recorder.close()
        file = self.folder / "measurements.jsonl"
        file.write_bytes(file.read_bytes().rstrip(b"\n"))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            recorder = self.recorder(resume=True)
        self.epoch(recorder).result(60)
        recorder.close()
        self.assertEqual([line["epoch"] for line in self.lines()], [1, 2])
        file.write_bytes(b'{"epoch": 1, "sch')
        with self.assertWarnsRegex(UserWarning, "goes on after epoch 0"):
            recorder = self.recorder(resume=True)
        self.assertEqual(self.epoch(recorder).result(60).N, 32)
        self.assertEqual([line["epoch"] for line in self.lines()], [1])

    def test_a_run_that_was_killed_in_its_first_measurement_or_before(self) -> None:
        script = f"""
import os, signal, sys, threading
sys.path[:0] = {sys.path!r}
import torch
from torch import nn
from nclab import _run_folder, torch as recording
from tests.networks import batches, networks
model, criterion = networks()["batch-norm"], nn.CrossEntropyLoss()
recorder = recording.Recorder(model, criterion=criterion, folder={str(self.folder)!r})
inputs, labels = batches()[0]
criterion(model(inputs), labels)
if sys.argv[1] == "measuring":
    recording.measured = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    recorder.epoch().result()
os.kill(os.getpid(), signal.SIGKILL)
"""
        for moment in ("training", "measuring"):
            with self.subTest(moment):
                done = subprocess.run([sys.executable, "-c", script, moment], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, -9, done.stderr)
                self.assertEqual((self.folder / "measurements.jsonl").read_bytes(), b"")
                if moment == "measuring":
                    self.assertTrue((self.folder / "epoch-00001.safetensors").exists())
                    self.refused("which has a run that was broken off .resume=True goes on with it")
                recorder = self.recorder(resume=moment == "measuring")
                self.assertEqual(recorder.number, 1)
                self.assertEqual(self.epoch(recorder).result(60).N, 32)
                recorder.close()
                self.assertEqual(
                    sorted(f.name for f in self.folder.iterdir()),
                    ["epoch-00001.safetensors", "last.json", "measurements.jsonl"],
                )
                for file in self.folder.iterdir():
                    file.unlink()

    def test_a_file_of_others_where_features_are_to_go_stays(self) -> None:
        recorder = self.recorder()
        self.epoch(recorder).result(60)
        mine = self.folder / "epoch-00002.safetensors"
        mine.write_bytes(b"a checkpoint")
        with self.assertRaisesRegex(nclab.WorkError, r"epoch-00002\.safetensors: expected a place .* got another's file"):
            self.epoch(recorder).result(60)
        with self.assertWarnsRegex(UserWarning, "epoch 2 was not measured"):
            self.epoch(recorder).result(60)
        recorder.close()
        self.assertEqual(mine.read_bytes(), b"a checkpoint")

    def test_measurements_are_there_before_features_and_an_unused_folder_stays_empty(self) -> None:
        recorder = self.recorder()
        self.assertEqual((self.folder / "measurements.jsonl").read_bytes(), b"")
        recorder.close()
        self.assertEqual(list(self.folder.iterdir()), [])


class TakenAway(Folder):
    def test_a_folder_that_is_removed_meanwhile_costs_epochs_and_no_training(self) -> None:
        recorder = self.recorder(folder=self.folder / "run")
        self.epoch(recorder).result(60)
        shutil.rmtree(self.folder / "run")
        for _ in range(2):
            with self.assertRaises(nclab.WorkError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.epoch(recorder).result(60)
        with self.assertWarnsRegex(UserWarning, "epoch 3 was not measured: .*No such file"):
            recorder.close()


class FullDisk(Folder):
    """OSError where a disk is full, at each place that writes."""

    def full(self, *_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    def goes_on(self, recorder: Recorder, lost: int) -> None:
        """The next epoch is measured, says what was lost, and nothing half is left."""
        with self.assertWarnsRegex(UserWarning, f"epoch {lost} was not measured: .*No space left"):
            pending = self.epoch(recorder)
        self.assertEqual(pending.result(60).N, 32)
        recorder.close()
        self.assertEqual([f.name for f in self.folder.iterdir() if f.suffix in (".part", ".shard")], [])
        self.assertEqual([line["epoch"] for line in self.lines()], [n for n in range(1, lost + 2) if n != lost])

    def test_while_an_epoch_is_written(self) -> None:
        from unittest import mock

        from nclab import _feature_file

        recorder = self.recorder(weight_decay=0.02)
        self.epoch(recorder).result(60)
        for lost, place in ((2, "FeatureFile.append"), (4, "_end"), (6, "FeatureFile.__init__")):
            with mock.patch.object(*self.target(_feature_file, place), self.full):
                pending = self.epoch(recorder)
            with self.assertRaisesRegex(nclab.WorkError, "No space left"):
                pending.result(60)
            with self.assertWarnsRegex(UserWarning, f"epoch {lost} was not measured: .*No space left"):
                self.assertEqual(len(recorder.measurements()), lost // 2)
            self.assertEqual(list(self.folder.glob("*.part")), [])
            self.assertEqual(recorder.predict().problem.counts.tolist(), [8] * 4)
            self.assertEqual(self.epoch(recorder).result(60).N, 32)

    def target(self, module: Any, place: str) -> tuple[Any, str]:
        *owner, name = place.split(".")
        return (getattr(module, owner[0]) if owner else module), name

    def test_while_a_measurement_is_written(self) -> None:
        from unittest import mock

        from nclab import _run_folder

        class Half:
            """Takes half of a line."""

            def __init__(self, file: Path, mode: str) -> None:
                self.stream = open(file, mode)

            def __enter__(self) -> Half:
                return self

            def __exit__(self, *_: Any) -> None:
                self.stream.close()

            def write(self, line: bytes) -> None:
                self.stream.write(line[: len(line) // 2])
                self.stream.flush()
                raise OSError(28, "No space left on device")

        recorder = self.recorder()
        self.epoch(recorder).result(60)
        with mock.patch.object(_run_folder, "open", Half, create=True):
            with self.assertRaisesRegex(nclab.WorkError, "No space left"):
                self.epoch(recorder).result(60)
        self.goes_on(recorder, 2)


class Memory(Folder):
    def test_only_the_last_measurement_is_held_whole(self) -> None:
        recorder = self.recorder(class_names=["a", "b", "c", "d"])
        pending = [self.epoch(recorder) for _ in range(3)]
        whole = [one.result(60) for one in pending]
        made = recorder.measurements()
        self.assertEqual(recorder._pending, [])
        self.assertEqual([m.Z is None for m in made], [True, True, False])
        for a, b in zip(made, whole, strict=True):
            self.assertEqual({**a.document, "Z": None}, {**b.document, "Z": None})
        (self.folder / "measurements.jsonl").write_text("")
        with self.assertRaisesRegex(nclab.WorkError, "expected the line of epoch 1"):
            recorder.measurements()


class Settings(Folder):
    def test_numbers_and_models(self) -> None:
        for wrong in (float("nan"), float("inf"), -1, "x", True, [0.1]):
            with self.assertRaisesRegex(nclab.InputError, "^weight_decay: expected a number of at least 0"):
                self.recorder(weight_decay=wrong)
        for wrong in (float("nan"), 1.5, "x", True):
            with self.assertRaisesRegex(nclab.InputError, "^ignore_label: expected a whole number"):
                self.recorder(ignore_label=wrong)
        recorder = self.recorder()
        for wrong in (float("nan"), -1, "x"):
            with self.assertRaisesRegex(nclab.InputError, "^weight_decay: expected a number of at least 0"):
                recorder.predict(weight_decay=wrong)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            script = torch.jit.trace(self.model, self.batch[0])
        with self.assertRaisesRegex(nclab.InputError, "^model: expected a network in Python"):
            Recorder(script, folder=self.folder / "script")


if __name__ == "__main__":
    unittest.main()
