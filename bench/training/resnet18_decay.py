"""ResNet18 under weight decay alone, trained with PyTorch to its end (theory, section 9.2): what residual branches do to the prediction.

CIFAR-10, the first n_k images of each class. Stochastic gradient descent in batches, the decay growing over the first 40 %, then the whole set at once, as it is the whole set's statistics that the
theory knows; evaluation with the statistics of the whole set, in float32. Writes OUT/DECAY-LAMBDA.npz (features, labels, weight, bias; scale and shift of the normalizations whose outputs add up to
the features) for `nclab measure`, and OUT/DECAY-LAMBDA.json with the way there. `resnet18-decay.mjs` beside it holds them against the prediction.

    python3 bench/training/resnet18_decay.py --data DIR/data_batch_1.bin.gz --lambdas 0.005,0.02 --out OUT [--counts 500,...] [--epochs 650] [--whole 500] [--decay all|effective]
"""

import argparse
import gzip
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from torch_networks import Network

MOMENTUM = 0.9
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]


def images(file, counts, device):
    rows = np.frombuffer(gzip.open(file).read(), np.uint8).reshape(-1, 3073)
    taken = np.concatenate([np.flatnonzero(rows[:, 0] == k)[:n] for k, n in enumerate(counts)])
    assert len(taken) == sum(counts), "too few images of a class"
    x = torch.tensor(rows[taken, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255)
    x = (x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    return x.to(device, memory_format=torch.channels_last), torch.tensor(rows[taken, 0].astype(np.int64)).to(device)


def end_norms(net):
    """The normalizations whose outputs add up to the features: the second of each block of the last stage, and its shortcut's."""
    stage = getattr(net.body, net.body.names[-1])
    return {f"{i}.norm2": block.norm2 for i, block in stage.items()} | {f"{i}.shortcut": b.shortcut["norm"] for i, b in stage.items() if b.shortcut is not None}


def initialize(net):
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(net.head.bias)


@torch.no_grad()
def standing(net, x, y, decayed):
    """Features under the statistics of all samples, and what they come to."""
    net.train()
    h, logits = net(x)
    means = torch.stack([h[y == k].mean(0) for k in range(net.head.out_features)])
    within = torch.stack([((h[y == k] - means[k]) ** 2).sum(1).mean() for k in range(len(means))])
    cosines = nn.functional.normalize(means, dim=1)
    cosines = cosines @ cosines.T - 2 * torch.eye(len(means), device=x.device)
    squares, weight = (h**2).sum(1).mean().item(), (net.head.weight**2).sum().item()
    loss = nn.functional.cross_entropy(logits, y).item()
    return h, {
        "crossEntropy": loss,
        "objective": loss + sum(decay / 2 * (p**2).sum().item() for p, decay in decayed),
        "accuracy": (logits.argmax(1) == y).float().mean().item(),
        "largestCosine": cosines.max().item(),
        "withinOfTotal": (within.mean() / (means**2).sum(1).mean().clamp_min(1e-30)).item(),
        "featureSquares": squares,
        "headSquares": weight,
        "endNormSquares": {name: (n.weight**2).sum().item() + (n.bias**2).sum().item() for name, n in end_norms(net).items()},
        "branchesByBalance": squares / max(weight, 1e-30),
        "diagonal": ((means - h.mean(0)) @ net.head.weight.T).diagonal().tolist(),
    }


def train(x, y, counts, decay, options, say):
    torch.manual_seed(options.seed)
    net = Network(options.network, 3, 32, "relu", len(counts))
    initialize(net)
    net = net.to(x.device, memory_format=torch.channels_last)
    ends = [net.head.weight, net.head.bias] + [p for n in end_norms(net).values() for p in (n.weight, n.bias)]
    rest = [p for p in net.parameters() if all(p is not e for e in ends)]
    groups = [{"params": ends, "share": 1.0}, {"params": rest, "share": 1.0 if options.decay == "all" else 0.0}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=MOMENTUM)
    N, history, began = len(y), [], time.time()

    def step(batch, rate, ramp):
        for group in optimizer.param_groups:
            group["lr"], group["weight_decay"] = rate, decay * ramp * group["share"]
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(net(x[batch])[1], y[batch]).backward()
        optimizer.step()

    def look(phase, done):
        decayed = [(p, decay * g["share"]) for g in groups for p in g["params"]]
        _, now = standing(net, x, y, decayed)
        history.append({"phase": phase, "done": done, "seconds": time.time() - began, **now})
        brief = " ".join(f"{k} {now[k]:.4g}" for k in ("objective", "accuracy", "largestCosine", "withinOfTotal", "branchesByBalance"))
        say(f"lambda {decay} {phase} {done} {time.time() - began:.0f} s: {brief}")

    epochs, whole = options.epochs, options.whole
    # Weights before a normalization, free of scale, shrink under decay until a step turns them by sqrt(2 rate decay / (1 - momentum)): kept at 0.06. Without decay they grow, and need no care.
    peak = 0.06**2 * (1 - MOMENTUM) / (2 * decay) if options.decay == "all" else 0.1
    for epoch in range(epochs):
        late = max(0.0, 3 * epoch / epochs - 2)
        rate = peak / 2 * (1 + math.cos(math.pi * late))
        ramp = min(1.0, (epoch + 1) / (0.4 * epochs))
        for batch in torch.randperm(N, device=x.device)[: N // options.batch * options.batch].split(options.batch):
            step(batch, rate, ramp)
        if epoch % 25 == 0 or epoch + 1 == epochs:
            look("batches", epoch + 1)
    if options.seconds:
        # A step of the whole set takes about what an epoch takes. The file says how many were taken.
        spent = time.time() - began
        whole = max(1, min(whole, int((options.seconds - spent) / (spent / epochs))))
    everything = torch.arange(N, device=x.device)
    for k in range(whole):
        step(everything, peak / 2 * (1 + math.cos(math.pi * k / whole)), 1.0)
        if k % 50 == 49 or k + 1 == whole:
            look("whole set", k + 1)
    return net, history, [(p, decay * g["share"]) for g in groups for p in g["params"]], {"epochs": epochs, "whole": whole, "rate": peak}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--counts", default=",".join(["500"] * 5 + ["100"] * 5))
    parser.add_argument("--lambdas", default="0.005,0.02")
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--decay", default="all", choices=["all", "effective"])
    parser.add_argument("--epochs", type=int, default=650)
    parser.add_argument("--whole", type=int, default=500)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0, help="fewer steps of the whole set where training would take longer")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    counts = [int(n) for n in options.counts.split(",")]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    fast = device == "cuda"
    x, y = images(options.data, counts, device)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for text in options.lambdas.split(","):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = fast
        net, history, decayed, lengths = train(x, y, counts, float(text), options, lambda line: print(line, flush=True))
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        h, end = standing(net, x, y, decayed)
        norms = {f"{name}.{part}": getattr(n, part).detach().cpu().numpy() for name, n in end_norms(net).items() for part in ("weight", "bias")}
        np.savez(
            out / f"{options.decay}-{text}.npz",
            features=h.cpu().numpy(),
            labels=y.cpu().numpy(),
            weight=net.head.weight.detach().cpu().numpy(),
            bias=net.head.bias.detach().cpu().numpy(),
            **norms,
        )
        record = {
            "command": " ".join(["python3 bench/training/resnet18_decay.py", *sys.argv[1:]]),
            "device": torch.cuda.get_device_name() if fast else "cpu",
            "torch": torch.__version__,
            "arithmetic": "training TF32, evaluation float32" if fast else "float32",
            "network": options.network,
            "counts": counts,
            "lambda": float(text),
            "decay": options.decay,
            "batch": options.batch,
            "seed": options.seed,
            **lengths,
            "end": end,
            "history": history,
        }
        (out / f"{options.decay}-{text}.json").write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
