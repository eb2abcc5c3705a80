import type { Node } from "../graph.ts";
import { type Commands, own, type Place, type Task } from "./commands.ts";
import { resizeRows } from "./image-kernels.ts";
import { type ProductShape, productModule } from "./product-kernel.ts";

/** Multiplications of a piece of a product. */
const leastProducts = 1 << 18;

/** A product of matrices. */
export function lowerProduct(commands: Commands, { node, reads, writes }: Task<Extract<Node, { kind: "product" }>>): void {
  const { form } = node;
  const [x] = node.inputs;
  const [M, N] = node.shape;
  const K = form === "X'Y" ? x.shape[0] : x.shape[1];
  const shape: ProductShape = {
    M,
    N,
    K,
    rows: { kind: "even", stride: form === "X'Y" ? 1 : K },
    columns: { kind: "even", stride: form === "X'Y" ? M : 1 },
    B: form === "XY'" ? "columns" : "rows",
  };
  product(commands, shape, [reads[0], reads[1]], writes);
}

/** A product of any number of columns. */
export function product(commands: Commands, shape: ProductShape, [a, b]: readonly [Place, Place], out: Place): void {
  const { M, N, K } = shape;
  const panels = 8 * Math.ceil(N / 8);
  if (panels !== N) {
    // Kernels have eight columns at a time.
    const wide = shape.B === "rows" ? resized(commands, b, K, N, panels) : resized(commands, b, 1, N * K, panels * K);
    const made = own(M * panels);
    product(commands, { ...shape, N: panels }, [a, wide], made);
    resized(commands, made, M, panels, N, out);
    return;
  }
  commands.kernel(`product ${JSON.stringify(shape)}`, () => productModule(shape, { shared: commands.shared }), [a, b], out, {
    units: M,
    grain: 12,
    scale: N,
    work: M * N * K,
    // Every piece packs B anew.
    least: Math.max(leastProducts, 48 * N * K),
  });
}

/** Rows of `from` numbers as rows of `to`. */
function resized(commands: Commands, x: Place, rows: number, from: number, to: number, writes: Place = own(rows * to)): Place {
  return commands.kernel(`resize ${from} ${to}`, () => resizeRows(from, to, commands.shared), [x], writes, {
    units: rows,
    work: rows * Math.max(from, to),
  });
}
