"""Are the rare classes of a long-tailed Fashion-MNIST lost, is it as predicted, and do the advised weights keep them?
python long_tail.py --data FOLDER (its train-*.gz), or --synthetic, made-up images. `nclab watch runs` shows both trainings."""

import argparse
import gzip
import os
from pathlib import Path

import torch
from torch import nn

import nclab
from nclab.torch import Recorder

options = argparse.ArgumentParser()
options.add_argument("--data", default=os.path.join(os.environ.get("NCLAB_DATA", "."), "fashion-mnist"))
options.add_argument("--synthetic", action="store_true")
options.add_argument("--epochs", type=int, default=400)
options.add_argument("--most", type=int, default=300, help="images of the most frequent class; the rarest has a fiftieth")
options.add_argument("--weight-decay", type=float, default=0.1)
options.add_argument("--out", default="runs")
given = options.parse_args()


def images_and_labels() -> tuple[torch.Tensor, torch.Tensor]:
    if given.synthetic:
        labels = torch.arange(10 * given.most) % 10
        return torch.randn(10, 1, 28, 28)[labels] + 0.5 * torch.randn(len(labels), 1, 28, 28), labels
    read = lambda name: bytearray(gzip.open(Path(given.data, name)).read())
    pixels = torch.frombuffer(read("train-images-idx3-ubyte.gz"), dtype=torch.uint8, offset=16).view(-1, 1, 28, 28)
    labels = torch.frombuffer(read("train-labels-idx1-ubyte.gz"), dtype=torch.uint8, offset=8)
    return (pixels / 255 - 0.286) / 0.353, labels.long()


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.shortcut(x) + self.conv2(self.bn2(self.conv1(self.bn1(x).relu())).relu())


def train(name: str, x: torch.Tensor, y: torch.Tensor, criterion: nn.Module) -> Recorder:
    torch.manual_seed(0)
    body = (nn.Conv2d(1, 16, 3, 2, 1, bias=False), Block(16, 32, 2), Block(32, 64, 2), nn.BatchNorm2d(64), nn.ReLU())
    model = nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, given.epochs)
    out = {"folder": Path(given.out, name), "every": max(1, given.epochs // 20)}
    with Recorder(model, criterion=criterion, optimizer=optimizer, **out) as recorder:
        for epoch in range(given.epochs):
            # A strong decay comes late: from the first step on it presses rare classes together before they are told apart.
            late = min(1.0, max(0.0, 1.25 - 2.5 * epoch / given.epochs))
            optimizer.param_groups[0]["weight_decay"] = given.weight_decay * 0.01**late
            for batch in torch.randperm(len(y)).split(256):
                optimizer.zero_grad()
                criterion(model(x[batch]), y[batch]).backward()
                optimizer.step()
            schedule.step()
            recorder.epoch()
    return recorder


images, labels = images_and_labels()
kept = [torch.nonzero(labels == k)[: int(given.most * 0.02 ** (k / 9)), 0] for k in range(10)]
x, y = images[torch.cat(kept)], labels[torch.cat(kept)]
recorder = train("plain", x, y, nn.CrossEntropyLoss())
print("class  images  predicted  margin  measured  margin")
for p, m in zip(recorder.predict().classes, recorder.measurements()[-1].classes):
    print(f"{p.class_:5}  {p.count:6}  {p.status:9}  {p.margin:6.2f}  {m.status:8}  {m.margin:6.2f}")
advice = nclab.advise(counts=[len(k) for k in kept], **recorder.network().settings)
remedy = next((r for r in advice.remedies if r.kind == "weight" and r.feasible), None)
if remedy is None:
    raise SystemExit("no weights are advised: " + "; ".join(f"{r.kind}: {r.reason}" for r in advice.remedies))
weighted = nn.CrossEntropyLoss(torch.tensor(remedy.torch.weights).float(), reduction=remedy.torch.reduction)
for name, run in (("plain", recorder), ("weighted", train("weighted", x, y, weighted))):
    print(f"{name}: {run.measurements()[-1].summary.own} of 10 classes are their own")
