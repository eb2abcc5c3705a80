"""The metrics of the package neural-collapse (github.com/rhubarbwu/neural-collapse) that nclab has too, in float32 as that package computes, from .npy files.

python package.py H.npy y.npy W.npy [rows of a batch]   (PYTHONPATH: a folder with the package; prints JSON: seconds from the open of the files, versions, the metrics)
"""

import json
import resource
import sys
import time

import numpy as np
import torch as t
from neural_collapse.accumulate import CovarAccumulator, DecAccumulator, MeanAccumulator, VarNormAccumulator
from neural_collapse.kernels import kernel_stats, log_kernel, riesz_kernel
from neural_collapse.measure import clf_ncc_agreement, covariance_ratio, self_duality_error, similarities, simplex_etf_error, variability_cdnv

batch = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
began = time.perf_counter()
H = np.load(sys.argv[1], mmap_mode="r")
Y = t.from_numpy(np.load(sys.argv[2]))
W = t.from_numpy(np.load(sys.argv[3]))
(N, d), K = H.shape, W.shape[0]
tile = 1000 if K > 1000 else None


def batches():
    for i in range(0, N, batch):
        yield t.from_numpy(np.array(H[i : i + batch])), Y[i : i + batch]


mean = MeanAccumulator(K, d)
for X, y in batches():
    mean.accumulate(X, y)
M, g = mean.compute()
var, cov, dec = VarNormAccumulator(K, d, M=M), CovarAccumulator(K, d, M=M), DecAccumulator(K, d, M=M, W=W)
for X, y in batches():
    var.accumulate(X, y, M)
    cov.accumulate(X, y, M)
    dec.accumulate(X, y, W, M)
V, _ = var.compute()
result = {
    "nc1": covariance_ratio(cov.compute(), M, g),
    "cdnv": variability_cdnv(V, M, tile_size=tile),
    "etf": simplex_etf_error(M, g),
    "dual": self_duality_error(W, M, g),
    "unc3": similarities(W, M, g).var().item() * (K - 1) / K,
    "nc4": 1 - clf_ncc_agreement(dec),
    "distance": kernel_stats(M, g, tile_size=tile)[0],
    "logarithmic": kernel_stats(M, g, log_kernel, tile_size=tile)[0],
    "riesz": kernel_stats(M, g, riesz_kernel, tile_size=tile)[0],
}
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peakMB": peak, "torch": t.__version__, "threads": t.get_num_threads(), "numpy": np.__version__, "result": result}))
