import { shotGroups } from "../measure/index.ts";
import type { FeatureKind } from "../networks/index.ts";
import { format } from "../number-text.ts";
import { heatMaps } from "../plots/index.ts";
import { advise, classesOf, expand, type PredictedClass, type Remedy, type RemedyKind, summarize } from "../prediction/index.ts";
import { type ProblemInput, parseLongTail } from "../problem/index.ts";
import { problemOf, type TrainingRemedies } from "../training/index.ts";
import { decayTraining } from "./decay-training.ts";
import type { Figure, FigureResult, PointOutcome, Verdict } from "./figure.ts";

/**
 * The advice for a long tail, tried: 500 to 10 images a class (exponential), a network that ends in batch normalization, without and with a ReLU, weight decay alone and so
 * strong that the tail is lost. Each remedy of `advise` is trained and held against its prediction class by class.
 *
 * Behind a ReLU a class whose features have died stays dead (theory, section 7: z_k = 0 is a trap below its threshold), so a network may lose classes that the minimum keeps.
 */
const counts = parseLongTail("exp:10:500:0.02");
const weightDecay = 0.15;
const features = ["linear", "relu"] as const;
const inputOf = (kind: FeatureKind): ProblemInput => ({
  counts,
  weightDecay,
  ends: kind === "relu" ? "batch-norm-relu" : "batch-norm",
});
const margin = 1;
const kinds: readonly RemedyKind[] = ["weight", "weight-per-class", "oversample", "lambda", "combined"];

interface Case {
  id: string;
  features: FeatureKind;
  label: string;
  decay: number;
  remedies: Partial<TrainingRemedies>;
}

/** No remedy, and each one that the advice calls feasible. Oversampling repeats images a whole number of times. */
function cases(): Case[] {
  return features.flatMap((kind) => {
    const { remedies } = advise(inputOf(kind), { margin, change: kinds });
    return [
      { id: `${kind}-none`, features: kind, label: `${kind}, as it is`, decay: weightDecay, remedies: {} },
      ...remedies.flatMap((r) => (r.feasible ? [caseOf(kind, r)] : [])),
    ];
  });
}

function caseOf(of: FeatureKind, { kind, perClass, parameters, torch }: Remedy): Case {
  const plain: Case = { id: `${of}-${kind}`, features: of, label: kind, decay: weightDecay, remedies: {} };
  switch (kind) {
    case "weight":
      return { ...plain, label: `${of}, weights n^-${format(parameters.power)}`, remedies: { weights: perClass } };
    case "weight-per-class":
      return { ...plain, label: `${of}, least weights by class`, remedies: { weights: perClass } };
    case "oversample":
      return { ...plain, label: `${of}, oversampling`, remedies: { repeats: perClass.map((r) => Math.max(1, Math.round(r))) } };
    case "lambda":
      return { ...plain, label: `${of}, weight decay ${format(parameters.weightDecay)}`, decay: parameters.weightDecay };
    case "combined":
      return {
        ...plain,
        label: `${of}, weights n^-${format(parameters.power)}, then offsets`,
        remedies: { weights: torch?.weights ?? null, after: perClass },
      };
    default:
      return plain;
  }
}

/** Logit margins of all classes at their means, offsets after training included. */
function marginsOf(Z: readonly (readonly number[])[], b: readonly number[], after: readonly number[] | undefined): number[] {
  const u = (j: number, k: number): number => Z[j][k] + b[j] + (after?.[j] ?? 0);
  return Z.map((_, k) => u(k, k) - Math.max(...Z.flatMap((_row, j) => (j === k ? [] : [u(j, k)]))));
}

export const remediesLongTail: Figure = {
  name: "remedies-long-tail",
  claim:
    "Under weight decay that loses the tail each remedy of the advice brings every class back; in trained networks as in the prediction with linear features, behind a ReLU where no class dies on the way.",
  points: (scale) =>
    cases().map((c) => ({
      id: c.id,
      job: {
        dataset: scale.dataset,
        settings: decayTraining(
          { counts, features: c.features, decay: "effective", lambda: c.decay, remedies: c.remedies },
          scale,
        ),
        evaluateEvery: scale.epochs,
      },
    })),
  conclude(outcomes): FigureResult {
    const labels = new Map(cases().map(({ id, label }) => [id, label]));
    const rows = outcomes.map((outcome) => rowOf(labels.get(outcome.id) ?? outcome.id, outcome));
    return {
      data: { counts, weightDecay, margin, rows: rows.map(({ predictedZ: _, ...row }) => row) },
      verdicts: rows.map(verdictOf),
      words: [
        "own: a positive margin of the class's own logit over every rival at the class mean; accuracies on test images, mean over classes of more than 100, 20 to 100 and fewer than 20 training images",
      ],
      pictures: features.map((kind) => ({
        name: `z-${kind}`,
        draw: (options) =>
          heatMaps(
            {
              rows: ["predicted Z*", "measured Z"],
              groups: rows.flatMap((row) =>
                row.label.startsWith(kind)
                  ? [{ title: row.label.slice(kind.length + 2), matrices: [row.predictedZ, row.Z] }]
                  : [],
              ),
            },
            { width: 780, scale: "symlog", perLine: 3, ...options },
          ),
      })),
    };
  },
};

interface Row {
  label: string;
  predictedZ: number[][];
  Z: number[][];
  predicted: { own: number[]; margins: number[]; statuses: PredictedClass["status"][] };
  measured: { own: number[]; margins: number[]; testAccuracy: (number | null)[]; Zerror: number | null };
}

function rowOf(label: string, { job, outcome: { final } }: PointOutcome): Row {
  const { after } = job.settings.remedies;
  const summary = summarize(problemOf(job.settings));
  const { Z, b } = expand(summary);
  const own = (margins: readonly number[]): number[] => margins.flatMap((m, k) => (m > 1e-9 ? [k] : []));
  const margins = marginsOf(Z, b, after);
  const seen = marginsOf(final.Z, final.b, after);
  return {
    label,
    predictedZ: Z,
    Z: final.Z,
    predicted: { own: own(margins), margins, statuses: classesOf(summary).map((c) => c.status) },
    measured: {
      own: own(seen),
      margins: seen,
      testAccuracy: final.testAccuracy,
      Zerror: final.comparison?.Zerror.frobenius ?? null,
    },
  };
}

function verdictOf({ label, predicted, measured }: Row): Verdict {
  const shots = Object.values(shotGroups).map(({ has }) => {
    const some = measured.testAccuracy.filter((_, k) => has(counts[k])).map((x) => x ?? 0);
    return `${Math.round((100 * some.reduce((a, b) => a + b, 0)) / some.length)} %`;
  });
  const error = measured.Zerror === null ? "-" : `${format(100 * measured.Zerror)} %`;
  return {
    what: label,
    predicted: `own: ${classList(predicted.own)}; weakest margin ${format(Math.min(...predicted.margins))}`,
    measured: `own: ${classList(measured.own)}; weakest margin ${format(Math.min(...measured.margins))}; error of Z ${error}; test accuracy many/medium/few ${shots.join(" / ")}`,
    paper: null,
    rule: "the same classes are own",
    holds: predicted.own.join() === measured.own.join(),
  };
}

const classList = (classes: readonly number[]): string =>
  classes.length === counts.length ? "all" : classes.join(" ") || "none";
