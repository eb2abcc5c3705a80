"""What Python gets is what the command line prints, to the last bit; what it makes of it is the same numbers."""

from __future__ import annotations

import json
import math
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import nclab
from tests.command_line import printed, without_time

counts = [500] * 5 + [100] * 5


class RoundTrips(unittest.TestCase):
    def same(self, result: Any, *arguments: str) -> None:
        self.assertEqual(without_time(result.document), without_time(printed(*arguments)))

    def test_predict(self) -> None:
        p = nclab.predict(counts=counts, lambdaZ=0.0039, lambdaB=0.02)
        self.same(p, "predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", "--lambda-b", "0.02")
        assert p.Z is not None and p.classes is not None and p.summary is not None
        self.assertEqual(p.Z.tolist(), p.document["Z"])
        self.assertEqual((p.Z.dtype, p.Z.shape, p.problem.counts.tolist()), (np.float64, (10, 10), counts))
        self.assertEqual([c.class_ for c in p.classes], list(range(10)))
        self.assertEqual(p.summary.own + p.summary.merged, 10)

    def test_counts_in_every_form_give_the_same(self) -> None:
        as_text = nclab.predict(counts="5x500,5x100", lambdaZ=0.0039)
        labels = np.repeat(np.arange(10), counts)
        for given in [
            {"counts": np.array(counts)},
            {"counts": np.array(counts, dtype=np.float32)},
            {"counts": np.array(counts, dtype=">i2")},
            {"counts": tuple(np.int64(n) for n in counts)},
            {"labels": labels},
            {"labels": labels.astype(np.uint8)},
            {"labels": labels.tolist()},
        ]:
            again = nclab.predict(lambdaZ=0.0039, **given)  # type: ignore[typeddict-item]
            self.assertEqual(without_time(again.document), without_time(as_text.document))
        named = nclab.predict(counts={"cat": 500, "lynx": 20}, lambdaZ=0.01)
        assert named.classes is not None
        self.assertEqual([c.name for c in named.classes], ["cat", "lynx"])

    def test_infinity_is_infinity_both_ways(self) -> None:
        for infinite in (math.inf, np.inf, np.float32("inf"), "inf", None):
            p = nclab.predict(counts=counts, lambdaZ=0.01, lambdaB=infinite)  # type: ignore[arg-type]
            self.same(p, "predict", "--counts", "5x500,5x100", "--lambda-z", "0.01")
            self.assertEqual((p.problem.lambdaB, p.document["problem"]["lambdaB"]), (math.inf, "inf"))

    def test_remedies(self) -> None:
        p = nclab.predict(counts=counts, lambdaZ=0.003, weights=np.array([1.0] * 5 + [2.0] * 5), smoothing=0.1)
        self.same(p, *"predict --counts 5x500,5x100 --lambda-z 0.003 --weights 5x1,5x2 --smoothing 0.1".split())

    def test_weight_decay(self) -> None:
        p = nclab.predict(longTail="exp:10:500:0.01", weightDecay=0.05, ends="batch-norm-relu", batchSize=64)
        self.same(p, *"predict --long-tail exp:10:500:0.01 --weight-decay 0.05 --ends batch-norm-relu --batch-size 64".split())
        assert p.batch is not None
        self.assertEqual(p.batch.batchSize, 64)

    def test_soft_labels(self) -> None:
        targets = np.array([[1, 0, 0.5], [0, 1, 0.5]])
        p = nclab.predict(counts=[10, 20, 30], lambdaZ=0.001, targets=targets)
        with tempfile.TemporaryDirectory() as folder:
            np.save(f"{folder}/t.npy", targets)
            self.same(p, "predict", "--counts", "10,20,30", "--lambda-z", "0.001", "--targets", f"{folder}/t.npy")
        assert p.columns is not None
        self.assertEqual(len(p.columns), 3)

    def test_thresholds(self) -> None:
        t = nclab.thresholds(counts=counts, lambdaB=0.02)
        self.same(t, "thresholds", "--counts", "5x500,5x100", "--lambda-b", "0.02")
        assert t.events is not None
        self.assertEqual(t.events[0].classes.tolist(), [5, 6, 7, 8, 9])

    def test_path(self) -> None:
        p = nclab.path(counts=counts, lambdaZ="0.001:0.1:5", lambdaB=0.01)
        self.same(p, *"path --counts 5x500,5x100 --lambda-z 0.001:0.1:5 --lambda-b 0.01".split())
        ranged = nclab.path(counts=counts, lambdaZ={"from": 0.001, "to": 0.1, "points": 5}, lambdaB=0.01)
        self.assertEqual(without_time(ranged.document), without_time(p.document))
        self.assertEqual((p.from_, p.to, len(p.rows)), (0.001, 0.1, 5))

    def test_advise(self) -> None:
        a = nclab.advise(counts=counts, weightDecay=0.2, ends="batch-norm", change=["weight", "lambda"], margin=2)
        self.same(
            a, *"advise --counts 5x500,5x100 --weight-decay 0.2 --ends batch-norm --change weight,lambda --margin 2".split()
        )
        self.assertEqual([r.kind for r in a.remedies], [r["kind"] for r in a.document["remedies"]])


class Measure(unittest.TestCase):
    def setUp(self) -> None:
        random = np.random.default_rng(1)
        self.labels = np.arange(400) % 4
        self.features = random.normal(size=(400, 900)).astype(np.float32) + 3 * np.eye(4, 900, dtype=np.float32)[self.labels]
        self.weight = random.normal(size=(4, 900))
        self.bias = random.normal(size=4)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in ("features", "labels", "weight", "bias"):
            np.save(Path(self.folder.name) / f"{name}.npy", getattr(self, name))

    def of_files(self) -> dict[str, Any]:
        at = self.folder.name
        return printed(
            *("measure", "--features", f"{at}/features.npy", "--labels", f"{at}/labels.npy"),
            *("--head-weight", f"{at}/weight.npy", "--head-bias", f"{at}/bias.npy", "--lambda-z", "0.01"),
        )

    def test_arrays_are_measured_as_their_files_are(self) -> None:
        self.assertGreater(self.features.nbytes, 1 << 20)
        expected = self.of_files() | {"file": None}
        mapped = np.load(f"{self.folder.name}/features.npy", mmap_mode="r")
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        elsewhere = mock.patch.object(tempfile, "tempdir", temporary.name)
        elsewhere.start()
        self.addCleanup(elsewhere.stop)
        for features in (
            self.features,
            self.features.astype(np.float64),
            np.asfortranarray(self.features),
            self.features.astype(">f4"),
            np.ma.masked_invalid(self.features),
            mapped,
            self.features.tolist(),
        ):
            m = nclab.measure(features, self.labels, headWeight=self.weight, headBias=self.bias, lambdaZ=0.01)
            document = m.document
            # Notes name their files.
            self.assertEqual(
                without_time(document | {"notes": 0}), without_time(expected | {"notes": 0}), type(features).__name__
            )
        self.assertEqual(list(Path(temporary.name).iterdir()), [])
        assert m.comparison is not None and m.Z is not None
        self.assertEqual(m.Z.tolist(), document["Z"])

    def test_a_map_is_read_from_its_file_where_it_is_the_whole_of_it(self) -> None:
        from nclab._arrays import Packer

        packer = Packer()
        file = str((Path(self.folder.name) / "features.npy").resolve())
        mapped = np.load(file, mmap_mode="r")
        self.assertEqual(packer.plain(mapped), {"npyFile": file})
        for other in (mapped[:399], mapped[::-1], mapped.T, mapped + 1, np.load(file, mmap_mode="c"), np.load(file)):
            self.assertNotEqual(packer.plain(other)["npyFile"], file)
        packer.close()

    def test_classes_without_a_head(self) -> None:
        m = nclab.measure(self.features, self.labels)
        self.assertIsNone(m.Z)
        self.assertIsNone(m.nc3)
        self.assertEqual(json.dumps(m.document["counts"]), json.dumps(m.counts.tolist()))

    def test_features_that_are_exchanged(self) -> None:
        with self.assertRaises(nclab.InputError) as raised:
            nclab.measure(self.features.T, self.labels)
        self.assertEqual(raised.exception.what, "features")


if __name__ == "__main__":
    unittest.main()
