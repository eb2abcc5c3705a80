"""Three networks of different ends, and batches for them."""

from __future__ import annotations

import torch
from torch import nn


class Residual(nn.Module):
    """Two blocks on a stem, as a ResNet has them; the features are a mean over places behind a ReLU that is a function."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(Block(8, 8))
        self.layer2 = nn.Sequential(Block(8, 16), Block(16, 16))
        self.fc = nn.Linear(16, classes)

    def body(self, x: torch.Tensor) -> torch.Tensor:
        places = self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))
        return torch.flatten(nn.functional.adaptive_avg_pool2d(places, 1), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.body(x))


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = (
            nn.Sequential()
            if inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.downsample(x))


class Normalized(nn.Module):
    """A dense body and a normalization."""

    def __init__(self, classes: int, norm: type[nn.Module]) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, 24)
        self.norm = norm(24)
        self.classifier = nn.Linear(24, classes)

    def body(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.hidden(x.flatten(1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.body(x))


def networks(classes: int = 4) -> dict[str, nn.Module]:
    torch.manual_seed(1)
    return {
        "residual": Residual(classes),
        "batch-norm": Normalized(classes, nn.BatchNorm1d),
        "layer-norm": Normalized(classes, nn.LayerNorm),
    }


def batches(n: int = 200, classes: int = 4, size: int = 32, seed: int = 2) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Images of 8 x 8 whose class can be seen, the last batch smaller."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    images = torch.randn(n, 1, 8, 8, generator=random)
    images[torch.arange(n), 0, labels, labels] += 4
    return [(images[i : i + size], labels[i : i + size]) for i in range(0, n, size)]
