import { writeFileAtomic } from "../features/atomic.ts";
import { encodeNpz } from "../features/npz.ts";
import { factors, type Prediction } from "../prediction/index.ts";
import type { Problem } from "../problem/index.ts";

/** Z (K x K), b (K), W (K x d), H (K x d, the mean feature of each class) and counts, as an .npz that NumPy reads. */
export async function savePrediction(file: string, problem: Problem, prediction: Prediction): Promise<void> {
  const { K } = problem;
  const { d, W, H } = factors(problem, prediction.Z);
  await writeFileAtomic(
    file,
    encodeNpz({
      Z: { shape: [K, K], data: Float64Array.from(prediction.Z.flat()) },
      b: { shape: [K], data: Float64Array.from(prediction.b) },
      W: { shape: [K, d], data: W },
      H: { shape: [K, d], data: H },
      counts: { shape: [K], data: BigInt64Array.from(problem.counts, BigInt) },
    }),
  );
}
