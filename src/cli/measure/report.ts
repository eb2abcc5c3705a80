import { writeFileAtomic } from "../../files/index.ts";
import type { MeasureDocument } from "../../inputs/index.ts";
import { equalCounts, type Frame, type MeasureOptions, mostPredictions, ranked } from "../../measure/index.ts";
import { format } from "../../number-text.ts";
import { featureLayout, featureMeans } from "../../pictures/index.ts";
import type { PictureOptions } from "../../plots/index.ts";
import { predict } from "../../prediction/index.ts";
import { problem } from "../../problem/index.ts";
import { gramOfMeans, headlessDocument, type MeasurementReport, measurementReport, mostClasses } from "../../report/index.ts";
import type { Table } from "../../terminal/index.ts";
import { listClasses } from "../../words/index.ts";
import { version } from "../version.ts";
import { scalars } from "./scalars.ts";

/** `--report FILE.html`: one page with the pictures and every number. */
export async function writeReport(file: string, m: MeasureDocument, frame: Frame, options: MeasureOptions): Promise<void> {
  const { K, r, projected, counts } = frame;
  // The centred means in their own span have the Gram matrix of the means.
  const rows = Array.from({ length: K }, (_, k) => (counts[k] > 0 ? projected.subarray(k * r, k * r + r) : null));
  const at = m.comparedAt;
  // What is K x K stands in no document of more classes.
  const drawn = K <= mostPredictions;
  const compared =
    drawn &&
    at &&
    problem({ lambdaZ: at.lambdaZ, lambdaB: at.lambdaB, nonnegative: at.nonnegative, loss: at.loss, counts: m.counts });
  const page = measurementReport(
    {
      title: `Neural collapse measured: ${m.file.split(/[/\\]/).at(-1)}`,
      measurement: m,
      gram: drawn ? gramOfMeans(rows) : null,
      prediction: compared ? { problem: compared, prediction: predict(compared) } : null,
      clusters: equalCounts(m.counts),
      classNames: m.classNames,
      tables: [measures(m), classes(m)],
      features: featurePictures(m),
      settings: { features: m.file, "weight decay": options.weightDecay ?? null },
      versions: { nclab: version(), node: process.versions.node },
    },
    headlessDocument(),
  );
  await writeFileAtomic(file, page);
}

function featurePictures({ counts, classNames, view }: MeasureDocument): MeasurementReport["features"] {
  if (!view) return [];
  const { umap } = view;
  const shown = { counts, classNames, view };
  return [
    {
      draw: (options) => featureMeans(shown, options),
      caption: "Samples, class means and spread of the classes along the leading directions of the class means.",
    },
    ...(umap
      ? [
          {
            draw: (options: PictureOptions) => featureLayout({ ...shown, view: { ...view, umap } }, options),
            caption: "The same samples laid out in the plane by UMAP.",
          },
        ]
      : []),
  ];
}

function measures(m: MeasureDocument): Table {
  const interval = (name: string): string => {
    const found = m.intervals?.of[name];
    return found ? `${format(found.low)} to ${format(found.high)}` : "–";
  };
  return {
    caption: "Measures of neural collapse",
    columns: ["measure", "value", ...(m.intervals ? ["95 % interval"] : [])],
    rows: scalars.map(({ name, of }) => [name, format(of(m), 6), ...(m.intervals ? [interval(name)] : [])]),
  };
}

function classes(m: MeasureDocument): Table {
  return {
    caption: "Classes, those in most trouble first",
    columns: [
      "class",
      "samples",
      "status",
      "nearest mean",
      "distance",
      "spread",
      "margin in logits",
      "accuracy",
      "merged with",
      "vanished",
    ],
    notes: m.K > mostClasses ? [`The first ${mostClasses} of ${m.K}; nclab measure --classes FILE.csv writes all.`] : [],
    rows: ranked(m.classes)
      .slice(0, mostClasses)
      .map((c) => [
        m.classNames?.[c.class] ?? String(c.class),
        c.count,
        c.status,
        c.nearestMean === null ? null : (m.classNames?.[c.nearestMean] ?? String(c.nearestMean)),
        format(c.meanDistance),
        format(c.spread),
        format(c.margin),
        format(c.accuracy),
        c.group === null ? "" : listClasses(m.merged[c.group].filter((k) => k !== c.class)),
        c.vanished ? "yes" : "",
      ]),
  };
}
