"""Arrays of our networks in PyTorch: safetensors files, names, and the order of a kernel's axes (ours: size x size x inputs x outputs)."""

import json
import struct

import numpy as np
import torch

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
    a = t.detach().cpu().numpy()
    return a.transpose(2, 3, 1, 0) if a.ndim == 4 else a


def load(net, arrays):
    """Parameters and statistics (params/NAME, stats/NAME) into a network of torch_networks.py; their names."""
    held = [name for name in arrays if "/" in name]
    missing = net.load_state_dict({torch_name(name.split("/")[1]): to_torch(arrays[name]) for name in held}, strict=False)
    assert not missing.unexpected_keys and all("num_batches" in key for key in missing.missing_keys), missing
    return held
