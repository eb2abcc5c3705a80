import { criticalProduct } from "../../src/words/index.ts";
import { h } from "../dom.ts";
import { samples } from "../numbers.ts";

/** The count at or below which classes of equal count merge, as a row of a list of facts; null where no count decides that. */
export function criticalFact(
  { criticalCount, problem }: { criticalCount: number; problem: Parameters<typeof criticalProduct>[0] },
  id: string,
): HTMLElement | null {
  const product = criticalProduct(problem);
  return product && h("div", {}, h("dt", {}, `n_crit = ${product.symbols}`), h("dd", { id }, samples(criticalCount)));
}
