"""A small PyTorch training with a Recorder, for the test of `nclab watch` in a browser: python trained.py FOLDER EPOCHS."""

import sys

import torch

from nclab.torch import Recorder

folder, epochs = sys.argv[1], int(sys.argv[2])
torch.manual_seed(0)
torch.set_num_threads(1)
y = torch.repeat_interleave(torch.arange(4), torch.tensor([120, 120, 20, 20]))
x = torch.randn(len(y), 20) + 3 * torch.eye(20)[y]
model = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.BatchNorm1d(32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, weight_decay=0.02)
with Recorder(model, criterion=criterion, optimizer=optimizer, folder=folder) as recorder:
    for epoch in range(epochs):
        for batch in torch.randperm(len(y)).split(70):
            loss = criterion(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        recorder.epoch()
