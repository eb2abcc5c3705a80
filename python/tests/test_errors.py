"""What is wrong is an exception with its parts; the check is nclab's own."""

from __future__ import annotations

import math
import pickle
import re
import typing
import unittest
from typing import Any

import numpy as np

import nclab
from nclab import settings


class Errors(unittest.TestCase):
    def test_parts(self) -> None:
        cases: list[tuple[dict[str, Any], str, str, Any]] = [
            ({"counts": [500, 0], "lambdaZ": 0.1}, "counts[1]", "a positive integer", 0),
            ({"counts": np.array([500, -2]), "lambdaZ": 0.1}, "counts[1]", "a positive integer", -2),
            ({"counts": [5, 3], "lambdaZ": math.nan}, "lambdaZ", "", "NaN"),
            ({"counts": [5, 3], "lambdaZ": "much"}, "lambdaZ", "", "much"),
            ({"counts": [5, 3], "lambdaZ": 0.1, "nonnegative": 1}, "nonnegative", "true or false", 1),
        ]
        for given, what, rule, value in cases:
            with self.assertRaises(nclab.InputError) as raised:
                nclab.predict(**given)
            error = raised.exception
            self.assertEqual((error.what, error.value), (what, value))
            self.assertIn(rule, error.rule or "")
            self.assertIn(f"{error.what}: expected {error.rule}, got", str(error))
            self.assertIsInstance(error, ValueError)
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((again.what, again.rule, again.value, str(again)), (error.what, error.rule, error.value, str(error)))

    def test_what_is_no_data(self) -> None:
        day = np.array(["2020-01-01"], dtype="datetime64[D]")
        for value in (object(), {1, 2}, b"ab", np.array([1j]), day, day[0], np.float64(1) + 1j, np.ma.masked_greater([5, 9], 6)):
            with self.assertRaises(TypeError) as raised:
                nclab.predict(counts=value, lambdaZ=0.1)  # type: ignore[arg-type]
            error = raised.exception
            assert isinstance(error, nclab.InputError)
            self.assertEqual(error.what, "counts")
            self.assertIn(f"counts: expected {error.rule}, got {error.value}", str(error))
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), again.what, str(again)), (type(error), "counts", str(error)))
        with self.assertRaises(nclab.InputError) as inside:
            nclab.predict(counts=[5, 3], lambdaZ=0.1, layerPeeled={"EW": [1, object()]})  # type: ignore[dict-item]
        self.assertEqual(inside.exception.what, "layerPeeled.EW[1]")
        self.assertTrue(nclab.predict(counts=[5, 3], lambdaZ=0.1).certified)

    def test_a_number_of_another_width(self) -> None:
        self.assertEqual(nclab.predict(counts=[5, 6], lambdaZ=np.longdouble(0.01)).problem.lambdaZ, 0.01)
        with self.assertRaises(nclab.InputError):
            nclab.predict(counts=[5, 6], lambdaZ=np.longdouble("nan"))

    def test_a_time_that_is_none(self) -> None:
        for wrong in ("x", math.nan, math.inf, 0, -1, True, [1]):
            with self.assertRaisesRegex(nclab.InputError, "^seconds: expected a number of seconds above 0, or None, got "):
                nclab.set_timeout(wrong)  # type: ignore[arg-type]
        nclab.set_timeout(np.float32(600))  # type: ignore[arg-type]
        self.addCleanup(nclab.set_timeout, None)
        self.assertTrue(nclab.predict(counts=[5, 3], lambdaZ=0.1).certified)

    def test_the_names_that_are_typed_are_those_that_nclab_knows(self) -> None:
        kinds: list[tuple[str, Any, set[str]]] = [
            ("predict", settings.PredictSettings, set()),
            ("thresholds", settings.ThresholdsSettings, set()),
            ("path", settings.PathSettings, set()),
            ("advise", settings.AdviseSettings, set()),
            ("measure", settings.MeasureSettings, {"features", "labels"}),
        ]
        for request, kind, positional in kinds:
            with self.assertRaises(nclab.InputError) as raised:
                nclab.ask(request, quiteAnotherNameThanAny=1)
            listed = re.search(r"which is none of (.*)$", str(raised.exception))
            assert listed is not None
            self.assertEqual(set(typing.get_type_hints(kind)) | positional, set(listed[1].split(", ")), request)

    def test_settings_and_not_options_are_named(self) -> None:
        features, labels = np.random.default_rng(1).normal(size=(40, 6)), np.arange(40) % 4
        for name, ask in {
            "ignoreLabel=255": lambda: nclab.predict(labels=[0, 1, 2, 255], lambdaZ=0.1),
            "headWeight beside": lambda: nclab.measure(features, labels, headBias=np.ones(4)),
            "head=NAME": lambda: nclab.ask("network", parameters=[["a", [3, 4]], ["b", [4, 3]], ["c", [3, 3]]]),
        }.items():
            with self.assertRaises(nclab.InputError) as raised:
                ask()
            error = raised.exception
            self.assertIn(name, str(error))
            for text in (str(error), error.what, error.rule, error.value):
                self.assertNotRegex(re.sub("`nclab [^`]*`", "", str(text)), "--[a-z]")

    def test_another_request(self) -> None:
        with self.assertRaises(nclab.InputError) as raised:
            nclab.ask("predcit")
        self.assertIn("did you mean predict?", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
