"""One training step of a network in PyTorch from weights that lie in safetensors files: `torch_step.py FOLDER SETTINGS`.

Reads FOLDER/start.safetensors (params/NAME, stats/NAME, x, y), writes FOLDER/torch.safetensors with the same names after one step, the loss
before it, and features and logits in evaluation mode after it.
"""

import json
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../bench/training"))
from torch_arrays import from_torch, load, read, torch_name, write
from torch_networks import Network, objective

folder, settings = sys.argv[1], json.loads(sys.argv[2])
start = read(os.path.join(folder, "start.safetensors"))
side, channels = settings["side"], settings["channels"]
net = Network(settings["name"], channels, side, settings["features"])
held = load(net, start)
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
