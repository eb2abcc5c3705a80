import { inputError } from "../errors.ts";
import type { ClassSums } from "./first-pass.ts";
import { frameOf } from "./frame.ts";
import type { Head } from "./head.ts";
import type { Within } from "./second-pass.ts";
import { type ViewState, viewFromArrays, viewToArrays } from "./view/index.ts";

/** The state of both passes as named arrays, to be written to a file and read on another machine. */
export interface State {
  /** Of the first pass. */
  sums: ClassSums;
  /** Of the second. */
  within: Within;
  /** The head it was taken with; null: none. */
  head: Head | null;
  /** Of a view of the features, where one was asked for. */
  view?: ViewState;
}

/** Arrays by name, as they lie in an .npz. */
export type Arrays = Record<string, { shape: readonly number[]; data: Float64Array }>;

/** As named arrays; `stateFromArrays` reads them back. */
export function stateToArrays({ sums, within, head, view }: State): Arrays {
  const { K, d } = sums;
  const r = Math.round(Math.sqrt(within.projected.length));
  const arrays: Arrays = {
    counts: { shape: [K], data: sums.counts },
    sums: { shape: [K, d], data: sums.sums },
    squares: { shape: [1], data: Float64Array.of(sums.squares) },
    scatter: { shape: [K], data: within.scatter },
    projected: { shape: [r, r], data: within.projected },
    seen: { shape: [1], data: Float64Array.of(within.seen) },
  };
  if (within.gram) arrays.gram = { shape: [d, d], data: within.gram };
  if (view) Object.assign(arrays, viewToArrays(view, sums));
  if (!head || !within.head) return arrays;
  const { disagreements, nearestRight, correct, force, crossEntropy } = within.head;
  return {
    ...arrays,
    weight: { shape: [K, d], data: head.W },
    bias: { shape: [K], data: head.b },
    disagreements: { shape: [1], data: Float64Array.of(disagreements) },
    ...(nearestRight !== null && { nearestRight: { shape: [1], data: Float64Array.of(nearestRight) } }),
    correct: { shape: [K], data: correct },
    ...(force && { force: { shape: [K, d], data: force } }),
    crossEntropy: { shape: [1], data: Float64Array.of(crossEntropy) },
  };
}

/** Throws InputError naming `what` where an array is missing or of another size. */
export function stateFromArrays(arrays: Arrays, what: string): State {
  const get = (name: string, size?: number): Float64Array => {
    const found = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    if (!found) throw inputError(`${what}: ${name}`, "an array of a part that --save wrote", "none");
    if (size !== undefined && found.data.length !== size)
      throw inputError(`${what}: ${name}`, `${size} numbers`, found.data.length);
    if (!found.data.every(Number.isFinite)) throw inputError(`${what}: ${name}`, "finite numbers", "others");
    return found.data;
  };
  const [K, d] = arrays.sums?.shape ?? [0, 0];
  const sums: ClassSums = { K, d, counts: get("counts", K), sums: get("sums", K * d), squares: get("squares", 1)[0] };
  const projected = get("projected");
  const gram = Object.hasOwn(arrays, "gram") ? get("gram", d * d) : null;
  const within: Within = { scatter: get("scatter", K), projected, gram, seen: get("seen", 1)[0], head: null };
  const view = Object.hasOwn(arrays, "view.scatter") ? { view: viewFromArrays(arrays, frameOf(sums), what) } : {};
  if (!Object.hasOwn(arrays, "weight")) return { sums, within, head: null, ...view };
  within.head = {
    disagreements: get("disagreements", 1)[0],
    nearestRight: Object.hasOwn(arrays, "nearestRight") ? get("nearestRight", 1)[0] : null,
    correct: get("correct", K),
    force: Object.hasOwn(arrays, "force") ? get("force", K * d) : null,
    crossEntropy: get("crossEntropy", 1)[0],
  };
  return { sums, within, head: { W: get("weight", K * d), b: get("bias", K) }, ...view };
}
