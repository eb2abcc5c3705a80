import { countIn, type Expression, input, substitute } from "./expression.ts";
import { Graph, type Node, neededNodes, sameShape } from "./graph.ts";

/** A kernel of a graphics processor takes eight arrays, of which one is its output. */
const mostInputs = 7;

/**
 * The same computation with fewer nodes: a map that one node alone takes, a map or a reduce over the same shape, becomes part of that one's expression, so that its values are never written. What nothing
 * needs is left out. Held arrays that are outputs as they are, or become another one, are copied by a map.
 */
export function fused(graph: Graph): Graph {
  const made = new Graph();
  const nodes = neededNodes(graph);
  const takers = new Map<Node, Set<Node | string>>();
  const take = (node: Node, taker: Node | string): void => {
    takers.set(node, (takers.get(node) ?? new Set()).add(taker));
  };
  for (const node of nodes) for (const x of node.inputs) take(x, node);
  for (const [name, node] of graph.outputs) take(node, `output ${name}`);
  for (const [name, node] of graph.kept) take(node, `kept ${name}`);

  const again = new Map<Node, Node>();
  for (const node of nodes) {
    const { shape, kind } = node;
    const inputs = node.inputs.map((x) => again.get(x) as Node);
    if (kind === "input" || kind === "held") again.set(node, made[kind](node.name, shape));
    else if (kind === "map" || kind === "reduce") {
      const domain = kind === "map" ? shape : node.domain;
      const absorbed = node.inputs.map((x, i) => {
        const made = inputs[i];
        const alone = takers.get(x)?.size === 1 && made.kind === "map" && sameShape(x.shape, domain);
        return alone && cheapTwice(node.expression, node.inputs, x, made.expression);
      });
      const joined = join(node.expression, inputs, absorbed);
      const { graph: _, id: _id, inputs: _inputs, shape: _shape, ...about } = node;
      again.set(node, made.node({ ...about, expression: joined.expression }, shape, joined.inputs));
    } else {
      const { graph: _, id: _id, inputs: _inputs, shape: _shape, ...about } = node;
      again.set(node, made.node(about, shape, inputs));
    }
  }
  for (const [name, node] of graph.outputs) made.output(name, apart(again.get(node) as Node));
  for (const [name, node] of graph.kept) {
    // One that nothing reads is no needed node.
    made.held(name, node.shape);
    made.keep(name, apart(again.get(node) as Node));
  }
  return made;
}

/** Whether what stands several times in an expression may be written out, and computed, as often: without a bound, squares of squares would double each time. */
function cheapTwice(expression: Expression, inputs: readonly Node[], x: Node, absorbed: Expression): boolean {
  const times = inputs.reduce(
    (sum, y, i) => sum + (y === x ? countIn(expression, (e) => e.op === "input" && e.index === i) : 0),
    0,
  );
  return times <= 1 || times * countIn(absorbed, (e) => "of" in e) <= mostRepeated;
}

/** Operations that an absorbed expression may come to where it stands more than once. */
const mostRepeated = 16;

/** The values of a held array, if a node is one, in a map of their own: as they are before the run, whatever the array becomes. */
function apart(node: Node): Node {
  let root = node;
  while (root.kind === "reshape") root = root.inputs[0];
  return root.kind === "held" ? node.graph.node({ kind: "map", expression: input(0) }, node.shape, [node]) : node;
}

/** The expression with those inputs written out that are absorbed, as long as there are not too many arrays to take; each array once. */
function join(
  expression: Expression,
  inputs: readonly Node[],
  absorbed: readonly boolean[],
): { expression: Expression; inputs: Node[] } {
  const taken: Node[] = [];
  const place = (x: Node): Expression => {
    if (!taken.includes(x)) taken.push(x);
    return input(taken.indexOf(x));
  };
  // What is not absorbed is taken in any case; then as much of the rest as there is room for.
  inputs.forEach((x, i) => {
    if (!absorbed[i]) place(x);
  });
  const parts = inputs.map((x, i): Expression => {
    if (!absorbed[i] || x.kind !== "map") return place(x);
    const left = inputs.slice(i + 1).filter((_, j) => absorbed[i + 1 + j]).length;
    const more = x.inputs.filter((y) => !taken.includes(y)).length;
    return taken.length + more + left <= mostInputs ? substitute(x.expression, x.inputs.map(place)) : place(x);
  });
  return { expression: substitute(expression, parts), inputs: taken };
}
