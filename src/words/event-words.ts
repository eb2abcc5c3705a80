import type { StructuralEvent } from "../prediction/index.ts";
import type { FamilyParameter } from "../problem/index.ts";
import { listClasses } from "./class-table.ts";

/**
 * One structural event in words, for the tables and pictures of `nclab thresholds` and `nclab path`. `side`: where it is so, above its value (everything along lambda_Z) or below.
 */
export function happening(
  { kind, classes, side = "above" }: Pick<StructuralEvent, "kind" | "classes"> & { side?: "above" | "below" },
  { K }: { K: number },
  names: readonly string[] | null = null,
): string {
  const above = side === "above";
  if (kind === "complete") return above ? "complete collapse: Z = 0" : "the end of complete collapse: Z = 0 up to here";
  if (kind === "rank") return `a shared singular value ${above ? "reaches" : "leaves"} 0`;
  const who = classes.length === K ? "all classes" : `class${classes.length > 1 ? "es" : ""} ${listClasses(classes, names)}`;
  if (kind === "merge") return `${who}: one vector ${above ? "from here on" : "up to here"}`;
  return `${who}: predictions ${above ? "become 0" : "are 0 up to here"}`;
}

/** How what varies along a path is called. */
export const parameterLabels: Record<FamilyParameter, string> = {
  lambdaZ: "λ_Z",
  weightDecay: "weight decay",
  nB: "n_B",
  imbalance: "imbalance",
};

/** What the curves along a path show. */
export type Curves = "singular-values" | "margins" | "norms";

/** The name of their axis. */
export const curveLabels: Record<Curves, string> = {
  "singular-values": "singular values of Z √D",
  margins: "margin over the strongest rival (logits)",
  norms: "length of the mean prediction |z_k|",
};

/** Of events of nonnegative features whose `sharedGap` is this share of the objective: what is not proved of them. */
export const sharingWords = (gap: number): string =>
  `not proved: the events are those of classes that each own a feature direction; classes that share directions may do better, by up to ${(100 * gap).toPrecision(2)} % of the objective`;
