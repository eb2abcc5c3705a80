"""Tensors of PyTorch as a script has them: in their graph, in half precision, a parameter."""

from __future__ import annotations

import importlib.util
import json
import unittest
from typing import Any

import nclab

if importlib.util.find_spec("torch") is None:
    raise unittest.SkipTest("a Python with torch")

import torch


def numbers(result: nclab.Measurement) -> str:
    return json.dumps({key: value for key, value in result.document.items() if key != "notes"})


class Tensors(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(0)
        self.labels = torch.arange(300) % 3
        self.features = torch.randn(300, 8) + 3 * torch.eye(3, 8)[self.labels]
        self.head = torch.nn.Linear(8, 3)

    def measured(self, features: Any, labels: Any) -> str:
        weight, bias = self.head.weight.detach().numpy(), self.head.bias.detach().numpy()
        return numbers(nclab.measure(features, labels, headWeight=weight, headBias=bias))

    def test_in_their_graph(self) -> None:
        expected = self.measured(self.features.numpy(), self.labels.numpy())
        inside = (self.features.clone().requires_grad_() * 1.0, self.labels)
        self.assertEqual(self.measured(*inside), expected)
        self.assertEqual(self.measured([row for row in inside[0]], [label for label in self.labels]), expected)
        self.assertEqual(numbers(nclab.measure(*inside, headWeight=self.head.weight, headBias=self.head.bias)), expected)

    def test_of_fewer_bits(self) -> None:
        for kind in (torch.bfloat16, torch.float16):
            fewer = self.features.to(kind)
            self.assertEqual(self.measured(fewer, self.labels), self.measured(fewer.float().numpy(), self.labels.numpy()))

    def test_what_has_no_numbers_is_said(self) -> None:
        for wrong in (self.features.to("meta"), self.features.to_sparse(), self.features.to(torch.complex64)):
            with self.assertRaises(nclab.InputError) as raised:
                nclab.measure(wrong, self.labels)  # type: ignore[arg-type]
            self.assertEqual(raised.exception.what, "features")


if __name__ == "__main__":
    unittest.main()
