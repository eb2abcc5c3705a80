import { InputError } from "../errors.ts";
import { writeFileAtomic } from "../features/index.ts";
import { bothPasses, type MeasureOptions } from "../measure/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { documentOf, type MeasureDocument } from "./measure/document.ts";
import { openInput, type Places } from "./measure/input.ts";
import { compareOptions, placeOptions, readMeasureOptions, readPlaces } from "./measure/options.ts";
import { classesCsv, csv, describe, describeMany } from "./measure/tables.ts";

/** `nclab measure`: neural collapse of any trained network, from the files that its tools write. */
export const measure: Command = {
  name: "measure",
  summary: "Measures neural collapse from features, labels and head of any network; compares with the prediction.",
  positionals: "[FILE ...]",
  options: {
    ...placeOptions,
    ...compareOptions,
    json: { type: "boolean", help: "print one JSON document (schema nclab.measurement/1)" },
    csv: { type: "boolean", help: "print a line a file, a column a measure" },
    classes: { type: "string", value: "FILE.csv", help: "write the report on every class, ranked" },
  },
  example: "nclab measure --features features.npy --labels labels.npy --head-weight W.npy --head-bias b.npy --weight-decay 5e-4",
  run,
};

async function run({ options, positionals }: CommandInput): Promise<number> {
  const files = [...options.texts("features"), ...positionals];
  if (files.length === 0) throw new InputError("--features: expected a file, got none");
  if (options.flag("json") && options.flag("csv")) throw new InputError("--json: expected either --json or --csv, got both");
  const wanted = readMeasureOptions(options);
  const documents: MeasureDocument[] = [];
  for (const file of files) documents.push(await measureFile(readPlaces(options, file), wanted));
  const classes = options.text("classes");
  if (classes !== undefined) await writeFileAtomic(classes, `${classesCsv(documents)}\n`);
  console.log(print(documents, options.flag("json"), options.flag("csv")));
  return 0;
}

async function measureFile(places: Places, options: MeasureOptions): Promise<MeasureDocument> {
  const input = await openInput(places);
  try {
    return documentOf(input, await bothPasses(input, input.n), options);
  } finally {
    await input.close();
  }
}

function print(documents: readonly MeasureDocument[], json: boolean, asCsv: boolean): string {
  if (asCsv) return csv(documents);
  if (json) return toJson(documents.length === 1 ? documents[0] : { schema: "nclab.measurements/1", measurements: documents });
  return documents.length === 1 ? describe(documents[0]) : describeMany(documents);
}
