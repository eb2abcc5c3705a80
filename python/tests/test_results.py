"""The dataclasses know every key of the documents, and make the same numbers of it."""

from __future__ import annotations

import dataclasses
import math
import tempfile
import types
import typing
import unittest
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

import nclab
from tests.command_line import printed

counts = "5x500,5x100"
labels = [0, 0, 0, 1, 1, 1, 2, 2]
features = [[(3.0 if j == k else 0.0) + math.sin(7 * i + j) for j in range(3)] for i, k in enumerate(labels)]
head = [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]]


def documents() -> list[Any]:
    return [
        nclab.predict(counts=counts, lambdaZ=0.0039),
        nclab.predict(counts=counts, weightDecay=0.05, ends="batch-norm", batchSize=100, dimension=20),
        nclab.predict(counts=[50, 50, 10, 10], lambdaZ=0.01, nonnegative=True),
        nclab.predict(counts=counts, lambdaZ=0.003, dimension=3),
        nclab.predict(counts="3x50,3x10", weightDecay=0.0005, ends="layer-norm", width=8, starts=2),
        nclab.predict(counts="3x50,3x10", layerPeeled={"EW": 1, "EH": 5}),
        nclab.predict(counts=[10, 20, 30], lambdaZ=0.001, targets=[[1, 0, 0.5], [0, 1, 0.5]]),
        nclab.predict(counts=np.arange(2500) % 3 + 5, lambdaZ=0.01, tolerance=1e-4),
        nclab.thresholds(counts=counts, lambdaZ=0.01),
        nclab.thresholds(counts=counts, weightDecay=0.01, ends="batch-norm"),
        nclab.thresholds(counts=counts, layerPeeled={"EW": 1, "EH": 1}),
        nclab.path(counts=counts, lambdaZ="0.001:0.1:5", lambdaB=0.01),
        nclab.path(counts=counts, imbalance="2:20:3", lambdaZ=0.01),
        nclab.advise(counts=counts, weightDecay=0.2, ends="batch-norm", batchSize=64),
        nclab.advise(counts={"a": 50, "b": 5, "c": 5}, lambdaZ=0.05),
        nclab.measure(features, labels),
        nclab.measure(features, labels, headWeight=head, weightDecay=0.01, ends="batch-norm"),
        nclab.measure(
            features,
            labels,
            headWeight=head,
            lambdaZ=0.02,
            weightDecay=0.01,
            view=True,
            ood=[[1, 2, 3]],
            classNames=["a", "b", "c"],
        ),
    ]


class Results(unittest.TestCase):
    def test_every_key_has_its_field_with_its_value(self) -> None:
        for result in documents():
            self.compare(result, result.document, result.schema)

    def compare(self, result: Any, document: Any, where: str) -> None:
        if document is None:
            self.assertIsNone(result, where)
        elif dataclasses.is_dataclass(result):
            names = {field.name.rstrip("_"): field.name for field in dataclasses.fields(result)}
            for key, value in document.items():
                self.assertIn(key, names, where)
                self.compare(getattr(result, names[key]), value, f"{where} {key}")
        elif isinstance(result, np.ndarray):
            expected = np.array(document, dtype=result.dtype)
            self.assertEqual(expected.shape, result.shape, where)
            self.assertTrue(np.array_equal(expected, result, equal_nan=result.dtype.kind == "f"), where)
        elif isinstance(result, list):
            self.assertEqual(len(result), len(document), where)
            for i, x in enumerate(result):
                self.compare(x, document[i], f"{where}[{i}]")
        elif document == "inf":
            self.assertIn(result, (math.inf, "inf"), where)
        else:
            self.assertEqual(result, document, where)

    def test_values_have_the_types_of_their_fields(self) -> None:
        for result in documents():
            self.typed(result, result.schema)

    def typed(self, result: Any, where: str) -> None:
        hints = typing.get_type_hints(type(result))
        for field in dataclasses.fields(result):
            value, at = getattr(result, field.name), f"{where} {field.name}"
            hint = hints[field.name]
            allowed = typing.get_args(hint) if typing.get_origin(hint) is types.UnionType else (hint,)
            if value is None:
                self.assertIn(type(None), allowed, f"{at} is None")
            for x in value if isinstance(value, list) else [value]:
                if dataclasses.is_dataclass(x):
                    self.typed(x, at)
            for scalar in (bool, int, float, str):
                if scalar in allowed and value is not None:
                    self.assertIs(type(value), scalar, at)

    def test_a_notebook_shows_the_pictures_that_the_command_line_draws(self) -> None:
        p = nclab.predict(counts=counts, lambdaZ=0.0039)
        self.assertEqual(list(p.pictures()), ["predictions", "cosines", "margins", "classes", "statuses"])
        (svg,) = p.pictures("predictions", width=12, font="serif").values()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "z.svg")
            words = ["predict", "--counts", counts, "--lambda-z", "0.0039", "--plot", str(file)]
            printed(*words, "--width", "12", "--font", "serif")
            self.assertEqual(svg.strip(), file.read_text(encoding="utf-8").strip())
        html = p._repr_html_()
        assert html is not None
        self.assertEqual(html.count("<svg"), 5)
        self.assertNotIn("<script", html)
        self.assertNotIn("<?xml", html)

    def test_every_result_has_its_pictures_or_none(self) -> None:
        for result in documents():
            drawn = result.pictures()
            for svg in drawn.values():
                ElementTree.fromstring(svg)
            if result.schema in ("nclab.advice/1",):
                self.assertEqual(drawn, {})
                table = ElementTree.fromstring(result._repr_html_())
                shown = [[cell.text for cell in row] for row in table.iter("tr")][1:]
                self.assertEqual(shown, [[r.kind, r.verdict, r.reason] for r in result.remedies])
            elif result.schema == "nclab.path/1":
                self.assertIn("singular-values", drawn)

    def test_a_picture_that_there_is_not_is_said(self) -> None:
        with self.assertRaisesRegex(nclab.InputError, "one of predictions, cosines, margins"):
            nclab.predict(counts=counts, lambdaZ=0.0039).pictures("margin")
        with self.assertRaisesRegex(nclab.InputError, "width"):
            nclab.predict(counts=counts, lambdaZ=0.0039).pictures(width=1)

    def test_what_is_printed_can_be_read(self) -> None:
        for result in documents():
            text = repr(result)
            self.assertTrue(text.startswith(f"{type(result).__name__}\n  schema = '{result.schema}'\n"), text)
            self.assertLess(len(text), 6000)
            for line in text.splitlines()[1:]:
                name = line.split(" = ")[0].strip()
                self.assertIsNotNone(getattr(result, name))
        p = nclab.predict(counts=counts, lambdaZ=0.0039)
        self.assertIn("\n  Z = array of 10 x 10\n", str(p))
        self.assertIn("\n  classes = [10 of ClassStatus]\n", str(p))
        self.assertIn("summary = Summary(own=5, outvoted=0, faded=0, merged=5, offsetsRestore=False)", str(p))
        assert p.classes is not None
        self.assertRegex(
            repr(p.classes[7]), r"^ClassStatus\(class_=7, count=100, pOwn=0\.\d+, rival=\d, margin=.*, status='merged'"
        )

    def test_a_zero_vector_has_no_cosine(self) -> None:
        p = nclab.predict(counts=[50, 50, 50, 2, 2], lambdaZ=0.03, nonnegative=True)
        assert p.cosines is not None
        self.assertIn(None, p.document["cosines"][4])
        self.assertTrue(np.isnan(p.cosines[4]).any())


if __name__ == "__main__":
    unittest.main()
