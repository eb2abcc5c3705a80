"""Residual networks under weight decay alone, trained with PyTorch to their end (theory, section 9.2): what residual branches do to the prediction.

CIFAR-10, the first n_k images of each class. What decays is what the objective has: the head, and scale and shift of the normalizations whose outputs add up to the features. All other weights stand
before a normalization or inside a branch, are free of decay and cost nothing; those of convolutions are held at their norms, as only their direction counts. The decay grows over the first 40 %. Two
parts: batches, then the whole set at once, as it is the whole set's statistics that the theory knows; evaluation with the statistics of the whole set, in float32. Steps are Adam's, with rates that fall to 0 at
the end of each part: where it comes to rest the gradient of the objective, decay included, is 0.

Lengths are seconds, as the machine gives them; the record has the steps that were taken. Writes OUT/NAME.npz (features, labels, weight, bias; scale and shift of the normalizations at the end) for `nclab measure`,
and OUT/NAME.json with the way there. `resnet18-decay.mjs` beside it holds them against the prediction.

    python3 bench/training/resnet18_decay.py --data DIR/data_batch_1.bin.gz --decay 0.005 --seconds 240 --out OUT --name resnet18-0.005 [--network resnet18] [--counts 500,...]
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

MEAN, STD = [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]
# Part of the time spent on batches; part of it over which the decay grows.
BATCHES, RAMP = 0.6, 0.4


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


class Flat:
    """All parameters and their gradients as one vector each, so that an optimizer's step is a few operations."""

    def __init__(self, net):
        parameters = list(net.parameters())
        size = sum(p.numel() for p in parameters)
        self.values = torch.empty(size, device=parameters[0].device)
        self.gradient = torch.zeros_like(self.values)
        self.places, at = {}, 0
        for p in parameters:
            self.places[p] = slice(at, at + p.numel())
            view, force = (self.shaped(v, p) for v in (self.values, self.gradient))
            view.copy_(p.data)
            p.data, p.grad = view, force
            at += p.numel()

    def shaped(self, vector, p):
        part = vector[self.places[p]]
        if p.dim() != 4:
            return part.view(p.shape)
        o, i, h, w = p.shape
        return part.view(o, h, w, i).permute(0, 3, 1, 2)

    def spread(self, of):
        """A vector that has of(p) at every place of p."""
        vector = torch.empty_like(self.values)
        for p, place in self.places.items():
            vector[place] = of(p)
        return vector


class Trainer:
    """Adam on the objective with the decay in its gradient. `rate`, `ramp`: numbers on the device, so that a step can be recorded once and replayed."""

    def __init__(self, net, x, y, decay):
        self.net, self.x, self.y, self.decay = net, x, y, decay
        self.ends = [net.head.weight, net.head.bias] + [p for n in end_norms(net).values() for p in (n.weight, n.bias)]
        ends = {id(p) for p in self.ends}
        self.flat = flat = Flat(net)
        self.decays = flat.spread(lambda p: decay if id(p) in ends else 0.0)
        self.convolutions = [p for p in net.parameters() if p.dim() == 4]
        self.norms = [p.detach().norm().clone() for p in self.convolutions]
        conv = {id(p): n.item() / math.sqrt(p.numel()) for p, n in zip(self.convolutions, self.norms)}
        # A rate of 1: a hundredth of a convolution's typical weight, 0.002 of all others.
        self.units = flat.spread(lambda p: 0.01 * conv[id(p)] if id(p) in conv else 0.002)
        self.mean, self.square = torch.zeros_like(flat.values), torch.zeros_like(flat.values)
        self.rate, self.ramp = torch.zeros((), device=x.device), torch.zeros((), device=x.device)
        self.done = torch.zeros((), device=x.device)

    def step(self, batch):
        flat = self.flat
        flat.gradient.zero_()
        x = self.x[batch].contiguous(memory_format=torch.channels_last)
        nn.functional.cross_entropy(self.net(x)[1], self.y[batch]).backward()
        with torch.no_grad():
            self.done += 1
            g = flat.gradient + self.ramp * self.decays * flat.values
            self.mean.mul_(0.9).add_(g, alpha=0.1)
            self.square.mul_(0.99).addcmul_(g, g, value=0.01)
            mean = self.mean / (1 - 0.9**self.done)
            square = self.square / (1 - 0.99**self.done)
            flat.values -= self.rate * self.units * mean / (square.sqrt() + 1e-10)
            for p, norm in zip(self.convolutions, self.norms):
                p.mul_(norm / p.norm())

    def recorded(self, size):
        """A function of a batch of `size` samples that takes a step: on a graphics processor a recorded one."""
        if self.x.device.type != "cuda":
            return self.step
        batch = torch.zeros(size, dtype=torch.int64, device=self.x.device)
        batch.copy_(torch.arange(size, device=self.x.device))
        self.rate.fill_(0)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.step(batch)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step(batch)

        def replay(indices):
            batch.copy_(indices)
            graph.replay()

        return replay

    @torch.no_grad()
    def standing(self):
        """Features under the statistics of all samples, and what they come to."""
        net, y = self.net, self.y
        net.train()
        h, logits = net(self.x)
        means = torch.stack([h[y == k].mean(0) for k in range(net.head.out_features)])
        within = torch.stack([((h[y == k] - means[k]) ** 2).sum(1).mean() for k in range(len(means))])
        cosines = nn.functional.normalize(means, dim=1)
        cosines = cosines @ cosines.T - 2 * torch.eye(len(means), device=y.device)
        squares, weight = (h**2).sum(1).mean().item(), (net.head.weight**2).sum().item()
        loss = nn.functional.cross_entropy(logits, y).item()
        return h, {
            "crossEntropy": loss,
            "objective": loss + self.decay / 2 * sum((p**2).sum().item() for p in self.ends),
            "accuracy": (logits.argmax(1) == y).float().mean().item(),
            "largestCosine": cosines.max().item(),
            "withinOfTotal": (within.mean() / (means**2).sum(1).mean().clamp_min(1e-30)).item(),
            "featureSquares": squares,
            "headSquares": weight,
            "endNormSquares": {name: (n.weight**2).sum().item() + (n.bias**2).sum().item() for name, n in end_norms(net).items()},
            "branchesByBalance": squares / max(weight, 1e-30),
            "diagonal": ((means - h.mean(0)) @ net.head.weight.T).diagonal().tolist(),
        }


def train(trainer, options, say):
    N, device = len(trainer.y), trainer.y.device
    history, began = [], time.time()

    def look(phase, done):
        _, now = trainer.standing()
        history.append({"phase": phase, "done": done, "seconds": time.time() - began, **now})
        brief = " ".join(f"{k} {now[k]:.4g}" for k in ("objective", "accuracy", "largestCosine", "withinOfTotal", "branchesByBalance"))
        say(f"{options.name} {phase} {done} {time.time() - began:.0f} s: {brief}")

    def part(phase, size, until, peak, ramp):
        """Steps until that many seconds have passed; the rate falls as a cosine over the last two thirds."""
        step, from_, done, next_look = trainer.recorded(size), time.time() - began, 0, 0
        while (now := time.time() - began) < until:
            share = (now - from_) / (until - from_)
            trainer.rate.fill_(peak / 2 * (1 + math.cos(math.pi * max(0.0, 1.5 * share - 0.5))))
            trainer.ramp.fill_(min(1.0, share / RAMP) if ramp else 1.0)
            for batch in torch.randperm(N, device=device)[: N // size * size].split(size):
                step(batch)
                done += 1
            if device.type == "cuda":
                torch.cuda.synchronize()
            if now >= next_look:
                look(phase, done)
                next_look = now + options.seconds / 25
        look(phase, done)
        return done

    batches = part("batches", options.batch, BATCHES * options.seconds, 1.0, True)
    whole = part("whole set", N, options.seconds, 0.5, False)
    return history, {"batches": batches, "whole": whole}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--counts", default=",".join(["500"] * 5 + ["100"] * 5))
    parser.add_argument("--decay", type=float, required=True)
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    counts = [int(n) for n in options.counts.split(",")]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    x, y = images(options.data, counts, device)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    net = Network(options.network, 3, 32, "relu", len(counts))
    initialize(net)
    trainer = Trainer(net.to(device, memory_format=torch.channels_last), x, y, options.decay)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    history, lengths = train(trainer, options, lambda line: print(line, flush=True))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    h, end = trainer.standing()
    norms = {f"{name}.{part}": getattr(n, part).detach().cpu().numpy() for name, n in end_norms(net).items() for part in ("weight", "bias")}
    np.savez(
        out / f"{options.name}.npz",
        features=h.cpu().numpy(),
        labels=y.cpu().numpy(),
        weight=net.head.weight.detach().cpu().numpy(),
        bias=net.head.bias.detach().cpu().numpy(),
        **norms,
    )
    record = {
        "command": " ".join(["python3 bench/training/resnet18_decay.py", *sys.argv[1:]]),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "torch": torch.__version__,
        "arithmetic": "training TF32, evaluation float32" if device == "cuda" else "float32",
        "network": options.network,
        "counts": counts,
        "lambda": options.decay,
        "decay": "effective",
        "batch": options.batch,
        "seed": options.seed,
        **lengths,
        "end": end,
        "history": history,
    }
    (out / f"{options.name}.json").write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
