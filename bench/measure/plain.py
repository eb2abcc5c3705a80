"""The same measures as `nclab measure`, written in NumPy as they usually are: all features in memory, float64, no d x d inverse where K - 1
dimensions do. Usage: plain.py FEATURES.npy LABELS.npy W.npy b.npy WEIGHT_DECAY; prints one JSON line."""
import json
import resource
import sys
import time

import numpy as np

began = time.perf_counter()
H = np.load(sys.argv[1]).astype(np.float64)
y = np.load(sys.argv[2])
W = np.load(sys.argv[3]).astype(np.float64)
b = np.load(sys.argv[4]).astype(np.float64)
decay = float(sys.argv[5])
loaded = time.perf_counter()
N, d = H.shape
K = len(W)
n = np.bincount(y, minlength=K)
mu = np.stack([H[y == k].mean(0) for k in range(K)])
g, gt = n @ mu / N, mu.mean(0)
C = H - mu[y]
v = np.bincount(y, weights=np.einsum("ij,ij->i", C, C), minlength=K) / n
M = mu - gt
U, S, Vt = np.linalg.svd(M, full_matrices=False)
V = Vt[S > 1e-10 * S[0]]
Y = C @ V.T
Sw = Y.T @ Y / N


def nc1(centre, weight):
    X = np.sqrt(weight)[:, None] * ((mu - centre) @ V.T)
    return float(np.trace(Sw @ np.linalg.pinv(X.T @ X)) / K)


logits = H @ W.T + b
P = np.exp(logits - logits.max(1, keepdims=True))
P /= P.sum(1, keepdims=True)
P[np.arange(N), y] -= 1
force = -P.T @ H
x = Y + M[y] @ V.T
p = M @ V.T
nearest = np.argmax(x @ p.T - (p**2).sum(1) / 2, 1)
squares = float(np.einsum("ij,ij->", H, H))
G = M @ M.T
norms = np.sqrt(np.diag(G))
cos = G / np.outer(norms, norms)
pairs = np.triu_indices(K, 1)
dist = norms[:, None] ** 2 + norms[None] ** 2 - 2 * G
result = {
    "paper": nc1(g, np.full(K, 1 / K)),
    "sampleWeighted": nc1(g, n / N),
    "classBalanced": nc1(gt, np.full(K, 1 / K)),
    "traceRatio": float((v * n).sum() / N / ((mu - g) ** 2).sum() * K),
    "cdnv": float(np.mean(((v[:, None] + v[None]) / (2 * np.where(dist > 0, dist, 1)))[pairs])),
    "equiangularMeans": float(np.mean(np.abs(cos + 1 / (K - 1))[pairs])),
    "etfDistance": float(np.linalg.norm(G / np.linalg.norm(G) - (np.eye(K) - 1 / K) / np.sqrt(K - 1))),
    "nc3": float(np.linalg.norm(W / np.linalg.norm(W) - M / np.linalg.norm(M))),
    "nc4": float(np.mean(nearest != logits.argmax(1))),
    "lambdaH": float(decay * (W**2).sum() / squares),
    "stationarityResidual": float(np.linalg.norm(decay * W - force / N) / np.linalg.norm(decay * W)),
}
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
blas = sorted({line.split("/")[-1].strip() for line in open("/proc/self/maps") if "blas" in line}) if sys.platform == "linux" else []
print(json.dumps({"seconds": done - began, "load": loaded - began, "peakMB": peak, "blas": blas, "result": result}))
