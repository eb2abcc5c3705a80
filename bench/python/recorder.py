"""What the recorder adds to an epoch: processor time of the training process, epochs with it and without in turn (a small residual network on images of 32 x 32, batches of 64, one thread).

npm run build && PYTHONPATH=python/src python3 bench/python/recorder.py
"""

import tempfile
import time

import torch
from nclab.torch import Recorder
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)


def block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()),
        *(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()),
    )


body = [block(3, 16, 1), block(16, 32, 2), block(32, 64, 2), block(64, 512, 2)]
model = nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, weight_decay=5e-4)
labels = torch.arange(2048) % 10
images = torch.randn(2048, 3, 32, 32)


def epoch() -> None:
    for i in range(0, len(labels), 64):
        loss = criterion(model(images[i : i + 64]), labels[i : i + 64])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def took(work) -> float:  # noqa: ANN001
    began = time.process_time()
    work()
    return time.process_time() - began


epoch()
without, recorded, ended = [], [], []
for _ in range(7):
    without.append(took(epoch))
    recorder = Recorder(model, criterion=criterion, optimizer=optimizer, folder=tempfile.mkdtemp())
    recorded.append(took(epoch))
    ended.append(took(recorder.epoch))
    recorder.close()
    assert recorder.measurements()[0].N == 2048
a, b, c = (sorted(times)[3] for times in (without, recorded, ended))
print(f"an epoch: {a:.3f} s without, {b:.3f} s with ({100 * (b / a - 1):.1f} %), and {1000 * c:.0f} ms in epoch() (median of 7)")
