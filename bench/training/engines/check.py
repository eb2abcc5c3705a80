"""Three steps of the networks of networks.mjs in PyTorch float64, from the same start: losses and lengths of parameters. python3 check.py CASE.json: {"name", "channels", "side", "batch", "parameters": [[name, shape]...]}"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

case = json.loads(sys.argv[1])
torch.set_default_dtype(torch.float64)


def made(length, seed, scale):
    i = np.arange(length)
    return torch.from_numpy((scale * np.sin(1.3 * i + ((i + seed) % 7) ** 2 + seed)).astype("f4").astype("f8"))


p = {}
for i, (name, shape) in enumerate(case["parameters"]):
    n = math.prod(shape)
    inputs = n // shape[0] if len(shape) == 4 else shape[0]
    start = torch.ones(n) if name.endswith("scale") else torch.zeros(n) if len(shape) == 1 else made(n, i, math.sqrt(4 / inputs))
    p[name] = start.reshape(shape).requires_grad_()
batch, side, channels = case["batch"], case["side"], case["channels"]
flat = case["name"] == "mlp"
x = made(batch * channels * side * side, 1, 1).reshape([batch, -1] if flat else [batch, channels, side, side])
e = torch.arange(batch * 10)
y = (e % 10 == (e // 10 * 3) % 10).to(torch.float64).reshape(batch, 10)


def block(x, name, stride=1):
    w = p[f"{name}.conv"]
    return F.batch_norm(F.conv2d(x, w, stride=stride, padding=w.shape[2] // 2), None, None, p[f"{name}.scale"], p[f"{name}.shift"], True, 0, 1e-5)


def features(x):
    if flat:
        h = F.batch_norm(x @ p["hidden.weight"] + p["hidden.bias"], None, None, p["norm.scale"], p["norm.shift"], True, 0, 1e-5)
        return F.relu(h) @ p["features.weight"] + p["features.bias"]
    if case["name"] == "cnn":
        for i in range(3):
            x = F.max_pool2d(F.relu(block(x, f"block{i}")), 2)
        return x.flatten(1) @ p["features.weight"] + p["features.bias"]
    stages, blocks = (3, 1) if case["name"] == "resnet8" else (4, 2)
    x = F.relu(block(x, "stem"))
    for s in range(stages):
        for i in range(blocks):
            stride, name = 2 if s > 0 and i == 0 else 1, f"stage{s}.{i}"
            long = block(F.relu(block(x, f"{name}.1", stride)), f"{name}.2")
            x = long + (block(x, f"{name}.short", stride) if f"{name}.short.conv" in p else x)
            x = x if s == stages - 1 and i == blocks - 1 else F.relu(x)
    return x.mean((2, 3))


optimizer = torch.optim.SGD(list(p.values()), lr=0.01, momentum=0.9)
losses = []
for _ in range(3):
    h = features(x)
    loss = -(y * F.log_softmax(h @ p["head.weight"] + p["head.bias"], 1)).sum(1).mean()
    losses.append(loss.item())
    objective = loss + 0.005 * p["head.weight"].square().sum() + 0.15 * h.square().sum() / batch + 0.01 * p["head.bias"].square().sum()
    optimizer.zero_grad()
    objective.backward()
    optimizer.step()
sampled = {name: w.detach().flatten() for name, w in p.items()}
print(json.dumps({"losses": losses, "lengths": {name: w[:: math.ceil(len(w) / 10000)].norm().item() for name, w in sampled.items()}}))
