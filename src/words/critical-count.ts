/**
 * What the field `criticalCount` of a prediction is where it decides something: classes of equal count at or below it merge. Null for nonnegative features, whose classes never merge alive but
 * vanish at thresholds of their own (theory, section 7), and where another model has none. `text` for a terminal, `symbols` for a page.
 */
export function criticalProduct(problem: {
  nonnegative?: boolean;
  layerPeeled?: unknown;
}): { text: string; symbols: string } | null {
  if (problem.layerPeeled !== undefined) return { text: "N x multiplier", symbols: "N μ" };
  return problem.nonnegative ? null : { text: "(N lambda_Z)^2", symbols: "(N λ_Z)²" };
}
