"""One training step of a network in PyTorch from weights that lie in safetensors files: `torch_step.py FOLDER SETTINGS`.

Reads FOLDER/start.safetensors (params/NAME, stats/NAME, x, y), writes FOLDER/torch.safetensors with the same names after one step, the loss
before it, and features and logits in evaluation mode after it.
"""

import json
import os
import struct
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../bench/training"))
from torch_networks import Network, objective

parts = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy()
    return arrays


def write(path, arrays):
    header, offset = {}, 0
    for name, a in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for a in arrays.values():
            file.write(np.ascontiguousarray(a, "<f4").tobytes())


def torch_name(name):
    stem, part = name.rsplit(".", 1)
    return ("" if stem == "head" else "body.") + f"{stem}.{parts.get(part, part)}"


def to_torch(a):
    return torch.from_numpy(a.transpose(3, 2, 0, 1).copy() if a.ndim == 4 else a)


def from_torch(t):
    a = t.detach().numpy()
    return a.transpose(2, 3, 1, 0) if a.ndim == 4 else a


folder, settings = sys.argv[1], json.loads(sys.argv[2])
start = read(os.path.join(folder, "start.safetensors"))
side, channels = settings["side"], settings["channels"]
net = Network(settings["name"], channels, side, settings["features"])
held = [name for name in start if "/" in name]
state = {torch_name(name.split("/")[1]): to_torch(start[name]) for name in held}
missing = net.load_state_dict(state, strict=False)
assert not missing.unexpected_keys and all("num_batches" in key for key in missing.missing_keys), missing
x = torch.from_numpy(start["x"].reshape(-1, side, side, channels).transpose(0, 3, 1, 2).copy())
y = torch.from_numpy(start["y"].argmax(1))
optimizer = torch.optim.SGD(net.parameters(), lr=settings["learningRate"], momentum=0.9)
out = {}
net.train()
h, logits = net(x)
loss = objective(h, logits, y, settings["lambdaW"], settings["featurePenalty"], settings["lambdaB"], net.head)
loss.backward()
optimizer.step()
out["loss"] = loss.detach().numpy().reshape(1)
after = dict(net.named_parameters()) | dict(net.named_buffers())
for name in held:
    out[name] = from_torch(after[torch_name(name.split("/")[1])])
net.eval()
h, logits = net(x)
out["features"], out["logits"] = h.detach().numpy(), logits.detach().numpy()
write(os.path.join(folder, "torch.safetensors"), out)
