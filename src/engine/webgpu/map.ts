import { type Node, sizeOf } from "../graph.ts";
import {
  arrayText,
  entry,
  expressionText,
  groupSize,
  groupsOf,
  type Kernels,
  numberType,
  placements,
  reading,
} from "./kernel.ts";

/** An expression at every place, a thread a place or four of them. `inOutput[i]`: whether input i lies in the output's array, value by value. */
export function mapKernels(node: Extract<Node, { kind: "map" }>, inOutput: readonly boolean[]): Kernels {
  const { places, wide } = placements(
    node.inputs.map(({ shape }) => shape),
    node.shape,
  );
  const bound = node.inputs.map((_, i) => i).filter((i) => !inOutput[i]);
  const read = places.map((place, i) => reading(inOutput[i] ? "y" : `x${i}`, place, node.shape, wide));
  const length = sizeOf(node.shape) / wide;
  const { x, y, number } = groupsOf(Math.ceil(length / groupSize));
  const { lines, value } = expressionText(
    node.expression,
    read.map((r) => r.value),
  );
  const code = `${numberType(wide)}
${bound.map((i, at) => arrayText(at, `x${i}`, read[i].of)).join("\n")}
${arrayText(bound.length, "y", "F", true)}

${entry(groupSize)} {
  let i = ${number} * ${groupSize}u + thread;
  if (i >= ${length}u) { return; }
  ${lines.join("\n  ")}
  y[i] = ${value};
}
`;
  const name = `map ${node.shape.join("x")}`;
  return { parts: 0, kernels: [{ name, code, groups: [x, y, 1], arrays: [...bound, "output"] }] };
}
