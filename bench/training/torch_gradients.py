"""How far gradients of one step are from PyTorch's in float64: torch_gradients.py FOLDER SETTINGS.

Reads FOLDER/start.safetensors (params/NAME, stats/NAME, x, y) and FOLDER/found.safetensors (gradients under the parameters' names), prints the relative distance of all gradients together, as found and as
PyTorch in float32 finds them: where units of a ReLU are within rounding of 0 both take the other side now and then.
"""

import json
import os
import sys

import numpy as np
import torch
from torch_arrays import from_torch, load, read, torch_name
from torch_networks import Network, objective

folder, c = sys.argv[1], json.loads(sys.argv[2])
start, found = (read(os.path.join(folder, f"{name}.safetensors")) for name in ("start", "found"))


def gradients(dtype):
    net = Network(c["name"], c["channels"], c["side"], "linear")
    load(net, start)
    net = net.to(dtype=dtype).train()
    x = torch.from_numpy(start["x"].reshape(-1, c["side"], c["side"], c["channels"]).transpose(0, 3, 1, 2).copy()).to(dtype)
    h, logits = net(x)
    y = torch.from_numpy(start["y"].argmax(1))
    objective(h, logits, y, c["lambdaW"], c["featurePenalty"], c["lambdaB"], net.head).backward()
    named = dict(net.named_parameters())
    return {name: from_torch(named[torch_name(name.split("/")[1])].grad).astype(np.float64) for name in found}


exact = gradients(torch.float64)
size = sum((g**2).sum() for g in exact.values()) ** 0.5


def off(other):
    return (sum(((other[name] - g) ** 2).sum() for name, g in exact.items()) ** 0.5) / size


print(json.dumps({"ours": off(found), "torch": off(gradients(torch.float32))}))
