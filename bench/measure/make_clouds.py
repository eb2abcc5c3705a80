"""Writes features about class means, labels and a head: python3 make_clouds.py N d K FOLDER; prints NumPy's version. Every class has a sample."""

import sys

import numpy as np

N, d, K, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
r = np.random.default_rng(0)
y = np.concatenate([np.arange(K), r.integers(0, K, N - K)])
mu = r.standard_normal((K, d)).astype("f4")
out = np.lib.format.open_memmap(folder + "/H.npy", "w+", "f4", (N, d))
for i in range(0, N, 5000):
    out[i : i + 5000] = mu[y[i : i + 5000]] + r.standard_normal((len(y[i : i + 5000]), d), dtype="f4") * np.float32(0.5)
out.flush()
np.save(folder + "/y.npy", y)
np.save(folder + "/W.npy", mu * np.float32(0.05))
np.save(folder + "/b.npy", np.zeros(K, "f4"))
print(np.__version__)
