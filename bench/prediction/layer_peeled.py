"""The Layer-Peeled Model by CVXPY: JSON lines in ({"counts", "EW", "EH"}), JSON lines out ({"value", "status", "norm"}).

    min over Z:  sum_k (n_k/N) CE(z_k, k)   with |Z|_* <= K sqrt(EW EH)
"""

import json
import sys

import cvxpy as cp
import numpy as np

for line in sys.stdin:
    given = json.loads(line)
    counts = np.array(given["counts"], dtype=float)
    K = len(counts)
    Z = cp.Variable((K, K))
    loss = sum((counts[k] / counts.sum()) * (cp.log_sum_exp(Z[:, k]) - Z[k, k]) for k in range(K))
    tau = K * np.sqrt(given["EW"] * given["EH"])
    problem = cp.Problem(cp.Minimize(loss), [cp.normNuc(Z) <= tau])
    problem.solve(solver=cp.CLARABEL)
    norm = float(np.linalg.svd(Z.value, compute_uv=False).sum())
    print(json.dumps({"value": float(problem.value), "status": problem.status, "norm": norm / tau}), flush=True)
