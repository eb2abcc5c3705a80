"""Writes features of many classes, labels and a head: python3 make_many.py N d K FOLDER. Class means M are normal numbers, features M[i mod K] + 0.5 normal, the head M / sqrt(d); float32."""

import sys

import numpy as np

N, d, K, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
r = np.random.default_rng(0)
M = r.standard_normal((K, d), dtype="f4")
out = np.lib.format.open_memmap(folder + "/H.npy", "w+", "f4", (N, d))
y = np.arange(N) % K
for i in range(0, N, 5000):
    rows = M[y[i : i + 5000]]
    out[i : i + 5000] = rows + np.float32(0.5) * r.standard_normal(rows.shape, dtype="f4")
out.flush()
np.save(folder + "/y.npy", y)
np.save(folder + "/W.npy", M / np.float32(np.sqrt(d)))
