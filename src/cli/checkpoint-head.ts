import { type CheckpointEnding, dotted, headByOrder, ofOptimizer, type Told } from "../endings/index.ts";
import { inputError } from "../errors.ts";
import { type ArrayFile, findArray, isKernelName, matrixShape, onlyArray, type StoredArray } from "../features/index.ts";

/** The arrays that are the network's, and its head. */
export function headOf(
  { file, kind, arrays: all, ...rest }: ArrayFile,
  key: string | undefined,
): { arrays: ReadonlyMap<string, StoredArray>; head: CheckpointEnding["head"]; weight: StoredArray } & Pick<
  Told,
  "headBy" | "headIndex"
> {
  if (kind === "npy")
    throw inputError(file, "a checkpoint with arrays by name (.pt, .pth, .safetensors, .npz)", "one array without a name");
  const arrays = new Map([...all].filter(([name]) => !ofOptimizer(name)));
  // `params/head.weight` as `params.head.weight`, so that names end where a dot begins.
  const named = new Map([...arrays].map(([name, array]) => [dotted(name), array]));
  const said = rest.head && { weight: dotted(rest.head.weight), bias: rest.head.bias && dotted(rest.head.bias) };
  const from = { ...rest, file, kind, arrays: named, head: said };
  const stated = findArray(from, "weight", key === undefined ? {} : { weight: dotted(key) });
  const last = stated
    ? null
    : headByOrder(
        [...named].map(([array, { shape }]) => ({ name: array, shape })),
        from.ordered,
      );
  const weight = stated ?? (last === null ? onlyArray(from, "weight") : (named.get(last) as StoredArray));
  const headBy = key !== undefined ? "keys" : last === null ? "name" : "order";
  // An index may have taken one of stacked heads.
  const stored = weight.part ?? weight;
  const [name] = [...arrays].find(([, array]) => array === stored) as [string, StoredArray];
  const sizes = matrixShape(weight.shape);
  if (!sizes) throw inputError(`${weight.what}: shape`, "K x d, a row a class", weight.shape.join(" x ") || "()");
  // Flax and Keras keep a kernel d x K.
  const [classes, width] = (weight.kernel ?? isKernelName(name)) ? [sizes[1], sizes[0]] : sizes;
  if (classes < 1) throw inputError(`${weight.what}: classes`, "at least 1 (--keys weight=NAME chooses another array)", classes);
  const headIndex = key !== undefined && weight.part ? key.slice(key.lastIndexOf("[")) : "";
  return { arrays, head: { name, classes, width }, weight, headBy, headIndex };
}
