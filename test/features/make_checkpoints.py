"""Writes checkpoints as people have them, and what is in them: python3 make_checkpoints.py FOLDER

expected.json has, for each file, shape and numbers of each array by name, as PyTorch and NumPy give them.
"""
import argparse
import collections
import dataclasses
import datetime
import json
import os
import pathlib
import pickle
import random
import sys
import types
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
torch.manual_seed(0)
folder = sys.argv[1]
expected = {}


def numbers(x):
    if isinstance(x, torch.Tensor):
        x = x.detach()
        x = x.dequantize() if x.is_quantized else x.to_dense() if x.layout != torch.strided else x
    x = x.to(torch.float64) if isinstance(x, torch.Tensor) else torch.from_numpy(np.asarray(x).astype("f8"))
    values = [None if v != v else v if abs(v) != float("inf") else ("inf" if v > 0 else "-inf") for v in x.reshape(-1).tolist()]
    return [list(x.shape), values]


def save(name, data, arrays, **options):
    torch.save(data, os.path.join(folder, name), **options)
    expected[name] = {key: numbers(value) for key, value in arrays.items()}


@dataclasses.dataclass
class Settings:
    lr: float
    best: torch.Tensor


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
        self.fc = torch.nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.body(x).mean((2, 3)))


net = Net()
state = net.state_dict()
under = lambda place, inside: {f"{place}.{key}": value for key, value in inside.items()}

for name, options in [("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False}), ("protocol4", {"pickle_protocol": 4}), ("legacy5", {"_use_new_zipfile_serialization": False, "pickle_protocol": 5})]:
    save(f"state-{name}.pth", state, state, **options)
    save(f"whole-{name}.pth", net, state, **options)
    save(f"parallel-{name}.pth", torch.nn.DataParallel(net), under("module", state), **options)

    # One of everything that stands beside the weights.
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
    net(torch.randn(5, 3, 8, 8)).sum().backward()
    optimizer.step()
    beside = {
        "model": state,
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(lr=0.1, arch="resnet50", out=pathlib.PurePosixPath("/tmp/x")),
        "settings": Settings(0.1, torch.arange(3.0)),
        "when": datetime.datetime(2024, 1, 2),
        "best": np.float64(71.2),
        "seed": np.random.get_state(),
        "python": random.getstate(),
        "rng": torch.get_rng_state(),
        "meters": collections.defaultdict(list, {"loss": [1.5, 2.5]}),
        "counter": collections.Counter("abca"),
        "queue": collections.deque([torch.ones(2)], maxlen=3),
        "space": types.SimpleNamespace(scale=torch.tensor(2.0)),
        "names": {"cat", "dog"},
        "scaler": {"dtype": torch.float16, "device": torch.device("cpu")},
        "history": np.arange(6, dtype=">i4").reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3)),
    }
    moments = {f"optimizer.state.{i}.{key}": value for i, s in optimizer.state_dict()["state"].items() for key, value in s.items()}
    save(
        f"beside-{name}.pth",
        beside,
        {
            **under("model", state),
            **moments,
            "settings.best": torch.arange(3.0),
            "rng": torch.get_rng_state(),
            "meters.loss": np.array([1.5, 2.5]),
            "queue": torch.ones(2),
            "space.scale": torch.tensor(2.0),
            "history": np.arange(6).reshape(2, 3),
            "columns": np.arange(6).reshape(2, 3),
            "seed.1": np.random.get_state()[1],
        },
        **options,
    )
    base = torch.arange(24.0).reshape(4, 6)
    tied = {"embed": base, "head": base, "part": base[1:3], "columns": base.t(), "slice": base[:, 2:5], "scalar": base[2, 3], "empty": torch.zeros(0, 5)}
    save(f"views-{name}.pth", tied, {key: value for key, value in tied.items()}, **options)
    kinds = {
        str(t).split(".")[1]: torch.tensor([0, 1, 2, 250, 255], dtype=torch.int64).to(t)
        for t in [torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool, torch.bfloat16, torch.float16, torch.float32, torch.float64]
    }
    for t in ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]:
        kinds[t] = torch.arange(256, dtype=torch.uint8).view(getattr(torch, t))
    kinds["halves"] = torch.arange(-32768, 32768, 7, dtype=torch.int32).to(torch.int16).view(torch.float16)
    kinds["bfloats"] = torch.arange(-32768, 32768, 7, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    save(f"kinds-{name}.pth", kinds, kinds, **options)
    skipped = {
        "weight": base,
        "sparse": torch.eye(3).to_sparse(),
        "csr": torch.eye(3).to_sparse_csr(),
        "complex": torch.zeros(3, dtype=torch.complex64),
        "quantized": torch.quantize_per_tensor(base, 0.1, 0, torch.qint8),
        "meta": torch.zeros(3, device="meta"),
    }
    save(f"skipped-{name}.pth", skipped, {key: value for key, value in skipped.items() if key not in ("complex", "meta")}, **options)

rows = [(torch.randn(n, 4), torch.randint(0, 3, (n,))) for n in [5, 5, 2]]
whole = {"features": torch.cat([h for h, _ in rows]), "labels": torch.cat([y for _, y in rows])}
save("batches-alone.pt", [h for h, _ in rows], {"": whole["features"]})
save("batches-dicts.pt", [{"features": h, "labels": y, "loss": 0.5} for h, y in rows], whole)
save("batches-tuples.pt", {"out": rows}, {"out.0": whole["features"], "out.1": whole["labels"]})
save("batches-single.pt", [{"features": h[i], "labels": y[i]} for h, y in rows for i in range(len(h))], whole)
save("rows.pt", list(whole["features"]), {"": whole["features"].reshape(-1)})

normed = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 3).double(), dim=0)
older = torch.nn.utils.weight_norm(torch.nn.Conv2d(3, 2, 3).double(), dim=1)
whole = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 3).double(), dim=None)
parts = {"a": normed, "b": older, "c": whole}
weights = {f"{key}.{name}": value for key, module in parts.items() for name, value in module.state_dict().items()}
save("weight-norm.pth", weights, {**weights, "a.weight": normed.weight, "b.weight": older.weight, "c.weight": whole.weight})

torch.jit.script(net).save(os.path.join(folder, "script.pt"))
expected["script.pt"] = {key: numbers(value) for key, value in state.items()}

for protocol in range(6):
    data = {
        "features": np.random.default_rng(protocol).normal(size=(7, 3)),
        "labels": [int(k) for k in np.arange(7) % 3],
        "batches": [np.ones((2, 3), "f4"), np.zeros((1, 3), "f4")],
        "rows": [[1.5, 2.0], [3.0, -4.0]],
        "text": "caf\u00e9 \\ ' \" \n",
        "big": 2**80,
        "small": [-1, -(2**31), 2**31, 0.1, True, None, b"\x00\xff"],
        "flags": np.array([True, False]),
        "scalar": np.float32(0.5),
        "half": np.array([1e-7, -6e-8, 65504, 2**-14], "f2"),
    }
    name = f"protocol{protocol}.pkl"
    with open(os.path.join(folder, name), "wb") as f:
        pickle.dump(data, f, protocol=protocol)
    arrays = {"features": data["features"], "labels": data["labels"], "batches": np.concatenate(data["batches"]), "rows": data["rows"], "flags": data["flags"], "half": data["half"]}
    expected[name] = {key: numbers(value) for key, value in arrays.items()}

with open(os.path.join(folder, "expected.json"), "w") as f:
    json.dump(expected, f)
