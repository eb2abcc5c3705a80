"""The file of an epoch."""

from __future__ import annotations

import importlib.util
import os
import unittest

import numpy as np

from nclab import _feature_file
from tests.recording import InFolder, stored


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
