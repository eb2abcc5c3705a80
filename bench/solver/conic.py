"""The minima of problems, by CVXPY: JSON lines of problems in (conic-problems.json), JSON lines out ({"value", "status", "seconds"}).

Conic form from the definition alone: the loss of every class by its atoms, the nuclear norm (or the lengths of the columns) of Z D^(1/2), the bias's square.
There are no constraints, so "value", the objective at the Z and b that CVXPY found, is never below the minimum; it is above it by the solver's tolerance. "seconds" of the processor.
"""

import json
import sys
import time

import cvxpy as cp
import numpy as np


def minimum(p):
    n = np.array(p["counts"], float)
    K, N, eps = len(n), n.sum(), p["smoothing"]
    w = np.array(p["weights"] or np.ones(K))
    factors, offsets = np.array(p["factors"] or np.ones(K)), np.array(p["offsets"] or np.zeros(K))
    Z = cp.Variable((K, K))
    b = cp.Variable(K) if p["lambdaB"] != "inf" else np.zeros(K)
    total = 0
    for k in range(K):
        q = np.full(K, eps / K)
        q[k] += 1 - eps
        u = cp.multiply(factors, Z[:, k] + b) + offsets
        if p["loss"] == "cross-entropy":
            loss = cp.log_sum_exp(u) - q @ u
        elif p["loss"] == "square":
            loss = cp.sum_squares(u - q) / 2
        else:
            loss = cp.sum(cp.logistic(u)) - q @ u
        total += w[k] * n[k] / N * loss
    root = np.sqrt(n)
    if p["nonnegative"]:
        total += p["lambdaZ"] * sum(root[k] * cp.norm(Z[:, k]) for k in range(K))
    else:
        total += p["lambdaZ"] * cp.normNuc(Z @ np.diag(root))
    if p["lambdaB"] not in ("inf", 0):
        total += p["lambdaB"] / 2 * cp.sum_squares(b)
    problem = cp.Problem(cp.Minimize(total))
    began = time.process_time()
    problem.solve(solver=cp.CLARABEL)
    seconds = time.process_time() - began
    return {"value": float(problem.value), "status": problem.status, "seconds": round(seconds, 3)}


for line in sys.stdin:
    print(json.dumps(minimum(json.loads(line))), flush=True)
