import { encodeNpz } from "../features/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { type Factors, factors, type Prediction } from "../prediction/index.ts";
import type { Problem } from "../problem/index.ts";

/** Z (K x K), b (K), W (K x d), H (K x d, the mean feature of each class) and counts, as an .npz that NumPy reads. `d`: where it is not the usual. */
export async function savePrediction(file: string, problem: Problem, prediction: Prediction, d?: number): Promise<void> {
  await saveFactors(file, problem.counts, prediction, factors(problem, prediction.Z, d));
}

/** The same with a head and class features that are known already. */
export async function saveFactors(
  file: string,
  counts: readonly number[],
  prediction: Pick<Prediction, "Z" | "b">,
  { d, W, H }: Factors,
): Promise<void> {
  const K = counts.length;
  await writeFileAtomic(
    file,
    encodeNpz({
      Z: { shape: [K, K], data: Float64Array.from(prediction.Z.flat()) },
      b: { shape: [K], data: Float64Array.from(prediction.b) },
      W: { shape: [K, d], data: W },
      H: { shape: [K, d], data: H },
      counts: { shape: [K], data: BigInt64Array.from(counts, BigInt) },
    }),
  );
}
