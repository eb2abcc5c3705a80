"""Networks that are run in other ways: in another precision, compiled."""

from __future__ import annotations

import unittest

import numpy as np

from tests.recording import InFolder, Recorder, batches, networks, nn, stored, torch


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


if __name__ == "__main__":
    unittest.main()
