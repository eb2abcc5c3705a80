import { add, expand, reshape, sum } from "./elementary.ts";
import { type Node, placement, sameShape, sizeOf } from "./graph.ts";

/** Gradients of `of`, one number, in some nodes: zeros where it does not depend on one. Throws where it depends on one only through what is not differentiated (`largest`, `equal`, ...; gradients themselves). */
export function gradients(of: Node, wanted: readonly Node[]): Node[] {
  const { graph } = of;
  if (of.shape.length > 0) throw new Error(`gradients of ${of.shape.join(" x ")} numbers: expected one number`);
  const moving = new Set<Node>(wanted);
  for (const { output, inputs } of graph.rules) if (inputs.some((x) => moving.has(x))) moving.add(output);
  return graph.undifferentiated(() => {
    const found = new Map<Node, Node>([[of, graph.constant([1], [])]]);
    for (const { output, inputs, pullback } of graph.rules.toReversed()) {
      const gradient = found.get(output);
      if (!gradient || !moving.has(output)) continue;
      const back = pullback(expand(gradient, output.shape));
      inputs.forEach((x, i) => {
        const part = back[i];
        if (!part || !moving.has(x)) return;
        const before = found.get(x);
        const fitting = gathered(part, x);
        // Sums over different axes: neither has the whole shape yet.
        const both = before && !sameShape(before.shape, fitting.shape) ? [before, fitting].map((g) => expand(g, x.shape)) : null;
        found.set(x, both ? add(both[0], both[1]) : before ? add(before, fitting) : fitting);
      });
    }
    return wanted.map((x) => {
      const gradient = found.get(x);
      if (!gradient && dependsOn(of, x))
        throw new Error(
          `gradients: the objective depends on an array of shape ${x.shape.join(" x ")} only through what is not differentiated`,
        );
      return expand(gradient ?? graph.constant([0], []), x.shape);
    });
  });
}

function dependsOn(node: Node, x: Node): boolean {
  const seen = new Set<Node>();
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next === x) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...next.inputs);
  }
  return false;
}

/** The gradient in x of what was broadcast from it: a sum. */
function gathered(gradient: Node, x: Node): Node {
  if (sameShape(gradient.shape, x.shape) || sizeOf(gradient.shape) < sizeOf(x.shape)) return gradient;
  const over = { full: null, row: "rows", column: "columns", pixel: "pixels", scalar: "all" } as const;
  const axes = over[placement(x.shape, gradient.shape)];
  const summed = axes === null ? gradient : sum(gradient, axes);
  return sameShape(summed.shape, x.shape) ? summed : reshape(summed, x.shape);
}
