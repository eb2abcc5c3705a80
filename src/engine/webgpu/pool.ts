import { type Node, sizeOf } from "../graph.ts";
import { arrayText, entry, groupSize, groupsOf, type Kernels, numberType } from "./kernel.ts";

/** The largest of each 2 x 2 window, and its gradient: a thread a window (of four neighbouring channels where they are so many). */
export function poolKernels(node: Extract<Node, { kind: "pool" | "pool-gradient" }>): Kernels {
  const gradient = node.kind === "pool-gradient";
  const small = gradient ? node.inputs[1].shape : node.shape;
  const wide = small[3] % 4 === 0 ? 4 : 1;
  const [, , columns] = small;
  const C = small[3] / wide;
  const length = sizeOf(small) / wide;
  const { x, y, number } = groupsOf(Math.ceil(length / groupSize));
  // Rows of windows of all images are counted through: two rows of pixels each.
  const corners = `let i = ${number} * ${groupSize}u + thread;
  if (i >= ${length}u) { return; }
  let row = i / ${columns * C}u;
  let a = row * ${4 * columns * C}u + i / ${C}u % ${columns}u * ${2 * C}u + i % ${C}u;
  let b = a + ${C}u;
  let c = a + ${2 * columns * C}u;
  let d = c + ${C}u;`;
  const body = gradient
    ? `let most = largest[i];
  let isA = x[a] == most;
  let isB = (x[b] == most) & !isA;
  let isC = (x[c] == most) & !(isA | isB);
  let isD = (x[d] == most) & !(isA | isB | isC);
  y[a] = select(F(0), above[i], isA);
  y[b] = select(F(0), above[i], isB);
  y[c] = select(F(0), above[i], isC);
  y[d] = select(F(0), above[i], isD);`
    : "y[i] = larger(larger(x[a], x[b]), larger(x[c], x[d]));";
  const names = gradient ? ["x", "largest", "above"] : ["x"];
  const code = `${numberType(wide)}
${names.map((name, at) => arrayText(at, name, "F")).join("\n")}
${arrayText(names.length, "y", "F", true)}

${entry(groupSize)} {
  ${corners}
  ${body}
}
`;
  const name = `${node.kind} ${node.shape.join("x")}`;
  return { parts: 0, kernels: [{ name, code, groups: [x, y, 1], arrays: [...names.keys(), "output"] }] };
}
