"""How long the Python package takes: to its first answer, for a prediction of ten classes, for a measurement.

    npm run build && PYTHONPATH=python/src python3 bench/python/times.py
"""

import time

began = time.perf_counter()

import nclab  # noqa: E402

counts = [500] * 5 + [100] * 5
nclab.predict(counts=counts, lambdaZ=0.0039, lambdaB=0.02)
print(f"import and first answer: {time.perf_counter() - began:.2f} s")

took = []
for _ in range(500):
    began = time.perf_counter()
    nclab.predict(counts=counts, lambdaZ=0.0039, lambdaB=0.02)
    took.append(1000 * (time.perf_counter() - began))
took.sort()
print(f"predict, 10 classes: median {took[250]:.2f} ms, 95th percentile {took[475]:.2f} ms, most {took[-1]:.2f} ms")

import numpy as np  # noqa: E402

labels = np.arange(50_000) % 10
features = np.random.default_rng(0).normal(size=(50_000, 512)).astype(np.float32)
features[np.arange(50_000), labels] += 3
for _ in range(2):
    began = time.perf_counter()
    nclab.measure(features, labels, headWeight=np.eye(10, 512))
    print(f"measure, 50000 x 512 float32: {time.perf_counter() - began:.2f} s")
