import { format } from "../number-text.ts";
import { shortFigureText } from "../words/index.ts";
import type { Verdict } from "./figure.ts";
import { type Model, pairsByCount, type Row } from "./layer-norm-rows.ts";
import { type Arm, type Case, isEqual, type Shape } from "./layer-norm-training.ts";

/** Largest error of the singular values, relative to the largest, where the network stands at the model's best minimum. */
const allowed = 0.05;

/** The table of the figure on layer normalization. */
export function layerNormVerdicts(rows: readonly Row[], models: ReadonlyMap<string, Model>): Verdict[] {
  const reached = rows.filter((row) => row.model);
  const shapes = [...new Set(rows.map(({ shape }) => shape))];
  return [
    ...shapes.map((shape) => preferred(shape, models.get(shape.id) as Model)),
    ...rows.map(figureVerdict),
    ...reached.map(spectrumVerdict),
    ...(["peak", "plain"] as const).map((arm) =>
      otherMinima(
        arm,
        reached.filter((row) => row.arm === arm),
      ),
    ),
  ];
}

const decays: Record<Arm, string> = {
  peak: "decay of head, scale and shift, strong at first",
  plain: "decay of head, scale and shift",
  spared: "decay of the head alone",
};

const nameOf = ({ shape, arm, seed }: Case): string => `${shape.label}, ${decays[arm]}, seed ${seed}`;

const percent = (x: number): string => `${format(100 * x, 3)} %`;

const unjudged = { paper: null, rule: null, holds: null };

/** Which pairing the model prefers: no matter of a training. */
function preferred({ label, counts }: Shape, { geometry, objective, search }: Model): Verdict {
  const pairs = pairsByCount(geometry, counts);
  return {
    what: `${label}: the model's best minimum`,
    predicted: `${shortFigureText(geometry)}${pairs === "" ? "" : `; by counts ${pairs}`}; objective ${format(objective)}, ${search.found} of ${search.starts} descents`,
    measured: "–",
    ...unjudged,
  };
}

/**
 * Judged are equal counts: where the decay is strong at first the figure is to be the model's, where it spares scale and shift a simplex. A plain decay is shown beside it: it ends at one of the
 * local minima, as the model says too. With other counts the pairs are a matter of the local minimum.
 */
function figureVerdict(row: Row): Verdict {
  const { shape, arm, model, geometry, standing } = row;
  const expected = model ? (model.geometry?.name ?? null) : "simplex";
  const judged = isEqual(shape.counts) && arm !== "plain";
  const stands = standing
    ? `; ${placeOf(standing)}, objective ${percent(standing.left)} above it, Z ${percent(standing.Zerror ?? 0)} from it`
    : "";
  return {
    what: `${nameOf(row)}: figure`,
    predicted: model ? shortFigureText(model.geometry) : "simplex",
    measured: `${shortFigureText(geometry)}${stands}`,
    paper: null,
    rule: judged ? `a ${expected}` : null,
    holds: judged ? geometry?.name === expected : null,
  };
}

/** A network has the pairs of the minimum that it is at; without them it is on its way there. */
function placeOf({ best, paired, above }: NonNullable<Row["standing"]>): string {
  if (best) return paired ? "at the model's best minimum" : "on its way to the model's best minimum";
  const where = `${percent(Math.abs(above))} ${above > 0 ? "above the model's best" : "below the best that the search found"}`;
  return `at, or on its way to, a minimum ${where}`;
}

/** Judged where the pairing is the model's. */
function spectrumVerdict(row: Row): Verdict {
  const { model, standing } = row;
  const list = (values: readonly number[] | undefined): string => (values ?? []).map((s) => s.toFixed(2)).join(" ");
  const same = standing?.best === true && standing.paired;
  const other = standing?.best ? "on its way to the model's pairs" : "another minimum";
  return {
    what: `${nameOf(row)}: singular values`,
    predicted: list(model?.singularValues),
    measured: `${list(row.singularValues)}${same ? `; error ${percent(standing?.error ?? 0)}` : `; ${other}`}`,
    paper: null,
    rule: same ? `within ${percent(allowed)} of the largest` : null,
    holds: same ? (standing?.error ?? 1) <= allowed : null,
  };
}

/** How often training ends at another minimum than the best, and how much dearer that is. */
function otherMinima(arm: Arm, rows: readonly Row[]): Verdict {
  const dearer = rows.filter(({ standing }) => !standing?.best);
  const early = rows.filter(({ standing }) => standing?.best && !standing.paired).length;
  const list = dearer.map(({ shape, seed, standing }) => `${shape.label}, seed ${seed}: ${percent(standing?.above ?? 0)}`);
  return {
    what: `${decays[arm]}: trainings that are at, or on their way to, another minimum than the model's best, and its objective above the best`,
    predicted: "–",
    measured: `${dearer.length} of ${rows.length}${list.length > 0 ? ` (${list.join("; ")})` : ""}${early > 0 ? `; ${early} on the way to the best` : ""}`,
    ...unjudged,
  };
}
