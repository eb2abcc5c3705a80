import { inputError } from "../../errors.ts";
import type { Frame } from "../frame.ts";
import { leadingDirections } from "./directions.ts";
import { addToSample, emptySample, type Kept, keptRows } from "./sample.ts";
import { checkedView, type ViewState } from "./view.ts";

type Arrays = Record<string, { shape: readonly number[]; data: Float64Array }>;

/** The state of a view as named arrays of a part; the directions are those of the class means, which the part has. */
export function viewToArrays({ directions: { q }, scatter, sample }: ViewState, { K, d }: Pick<Frame, "K" | "d">): Arrays {
  const rows = keptRows(sample);
  const features = new Float64Array(rows.length * d);
  rows.forEach((row, i) => {
    features.set(row.features, i * d);
  });
  const list = (of: (row: Kept & { class: number }) => number) => ({ shape: [rows.length], data: Float64Array.from(rows, of) });
  return {
    "view.scatter": { shape: [K, q, q], data: scatter },
    "view.seed": { shape: [2], data: Float64Array.of(sample.seed, sample.points) },
    "view.rows": list(({ row }) => row),
    "view.classes": list((row) => row.class),
    "view.features": { shape: [rows.length, d], data: features },
  };
}

/** Reads it back. Throws InputError naming `what`. */
export function viewFromArrays(arrays: Arrays, frame: Frame, what: string): ViewState {
  const { K, d } = frame;
  const directions = leadingDirections(frame);
  const get = (name: string, size?: number): Float64Array => {
    const found = Object.hasOwn(arrays, `view.${name}`) ? arrays[`view.${name}`].data : undefined;
    if (!found || (size !== undefined && found.length !== size) || !found.every(Number.isFinite))
      throw inputError(`${what}: view.${name}`, `${size ?? "some"} numbers`, found?.length);
    return found;
  };
  const scatter = get("scatter", K * directions.q ** 2);
  const [seed, points] = get("seed", 2);
  checkedView({ seed, points });
  const rows = get("rows");
  const classes = get("classes", rows.length);
  const features = get("features", rows.length * d);
  const sample = emptySample(frame.counts, d, { seed, points });
  rows.forEach((row, i) => {
    if (!sample.kept[classes[i]]) throw inputError(`${what}: view.classes`, `classes from 0 to ${K - 1}`, classes[i]);
    addToSample(sample, classes[i], row, features, i * d, d);
  });
  return { directions, scatter, sample };
}
