import type { Input, MeasureDocument } from "../../inputs/index.ts";
import { type Peeled, type PeeledOptions, peeledOf, type StageProgress, usualPeeled } from "../../measure/index.ts";
import { format } from "../../number-text.ts";
import { table } from "../../terminal/index.ts";

/** Puts the problem of the last two layers (--hidden) into a document that has everything else. */
export async function addPeeled(
  document: MeasureDocument,
  input: Input,
  options: PeeledOptions & { progress?: StageProgress },
): Promise<void> {
  if (!input.hidden) return;
  const found: string[] = [];
  document.peeled = await peeledOf(input, { hidden: input.hidden, n: input.n }, document, options, (text) => found.push(text));
  document.notes = [...found, ...document.notes];
}

/** 3 where the gap that was asked for was not reached. Class means, where only these were asked for, have the gap that they have. */
export function peeledExit(documents: readonly MeasureDocument[], options: PeeledOptions | undefined): number {
  if (!options || options.meansOnly) return 0;
  const { tolerance = usualPeeled.tolerance } = options;
  return documents.some(({ peeled }) => peeled && !(peeled.gap <= tolerance * peeled.objective)) ? 3 : 0;
}

/** The paragraph for people. */
export function describePeeled(peeled: Peeled): string {
  const { solved, p, weightDecay, biasWeightDecay, objective, dual, gap, rank, rest, classMeans } = peeled;
  const row = (name: string, of: Peeled | Peeled["classMeans"], bound: string): string[] => [
    name,
    format(of.Zerror?.frobenius ?? null),
    format(of.Zerror?.sup ?? null),
    format(of.berror?.frobenius ?? null),
    bound,
  ];
  const proof = `${format(dual, 8)} <= minimum <= ${format(objective, 8)}`;
  return [
    `the last two layers on what the feature layer takes (${p} numbers), weight decay ${format(weightDecay)}, of the bias ${format(biasWeightDecay)}`,
    table(
      ["solved on", "|Z - Z*|/|Z*|", "largest entry", "|b - b*|/|b*|", "its minimum, proved"],
      [
        ...(solved === "samples" ? [row("samples", peeled, proof)] : []),
        row("class means", classMeans, `${format(classMeans.dual, 8)} to ${format(classMeans.objective, 8)}`),
      ],
    ),
    `  problem of the samples: ${proof} (relative gap ${format(gap / objective, 2)}), rank ${rank}`,
    ...(rest
      ? [
          `  at rest: residual of the feature layer ${format(rest.featureLayer)} (0), largest singular value of its gradient over the decay ${format(rest.spectralRatio)} (1)`,
        ]
      : []),
  ].join("\n");
}
