"""Seconds of training steps of a network in PyTorch: python3 torch_steps.py '{"name", "channels", "side", "batch", "steps"}' THREADS. With "device": "cuda" on a graphics processor, in plain float32 (no TF32). Two steps to warm up are not counted."""
import json, sys, time
import torch
from torch_networks import Network, objective
c, threads = json.loads(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(0)
device = c.get("device", "cpu")
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
net = Network(c["name"], c["channels"], c["side"], "linear").to(device)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
x = torch.randn(c["batch"], c["channels"], c["side"], c["side"])
y = torch.arange(c["batch"]) % 10
times = []
for i in range(-2, c["steps"]):
    began = time.perf_counter()
    h, logits = net(x.to(device))
    loss = objective(h, logits, y.to(device), 0.01, 0.3, 0.02, net.head)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    loss.item()
    if i >= 0:
        times.append(time.perf_counter() - began)
print(json.dumps({"times": times, "torch": torch.__version__, "threads": torch.get_num_threads(), "device": torch.cuda.get_device_name() if device == "cuda" else "cpu"}))
