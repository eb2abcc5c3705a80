"""What the tests of the recorder share: PyTorch, without which they skip (so they have it and all that needs it from here), a folder of their own, and the files as their format says."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np

if importlib.util.find_spec("torch") is None:
    raise unittest.SkipTest("a Python with torch")

import torch
from torch import nn

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
        torch.manual_seed(0)
        self.model = networks()["batch-norm"]
        self.criterion = nn.CrossEntropyLoss()
        self.batch = batches()[0]

    def recorder(self, **more: Any) -> Recorder:
        """Of `model`, in the folder."""
        recorder = Recorder(self.model, **{"criterion": self.criterion, "folder": self.folder, **more})
        self.addCleanup(recorder.close)
        return recorder

    def epoch(self, recorder: Recorder) -> Any:
        """One of one batch."""
        inputs, labels = self.batch
        self.criterion(self.model(inputs), labels)
        return recorder.epoch()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "measurements.jsonl").read_text().splitlines()]
