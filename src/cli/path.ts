import { pathDocument } from "../documents/index.ts";
import { inputError } from "../errors.ts";
import { writeFileAtomic } from "../files/index.ts";
import { format } from "../number-text.ts";
import { looseFrom, type Path, type PathProgress, type PathRange, pathSteps } from "../prediction/index.ts";
import { type ProblemInput, usualTolerance } from "../problem/index.ts";
import { type Curves, curveLabels } from "../words/index.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { writeAndPrint } from "./outputs.ts";
import { pathOptions, readPath, withPathOptions } from "./path-options.ts";
import { describePath, type PathTexts, pathCsv } from "./path-text.ts";
import { pictureName, pictureOptions, readPicture, writePicture } from "./pictures.ts";
import { classOptions, lossOption, remedyOptions } from "./problem-options.ts";
import { progressLine } from "./progress.ts";
import { stopSignal } from "./stop-signal.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";

/** What --plot draws. */
const shows = Object.keys(curveLabels) as Curves[];

/** `nclab path`: certified predictions along one parameter, and what happens between them. */
export const path: Command = {
  name: "path",
  summary:
    "Predictions along lambda_Z, a weight decay, the samples of the minority or the imbalance: one certified row a value, and between them every value at which the structure changes.",
  options: {
    ...classOptions,
    ...pathOptions,
    ...remedyOptions,
    loss: lossOption,
    tolerance: { type: "string", value: "1e-10", help: "relative duality gap asked for" },
    csv: { type: "string", writes: true, value: "FILE.csv", help: "write the rows" },
    plot: { type: "string", writes: true, value: pictureName, help: "write the curves along the range, with the events" },
    show: {
      type: "string",
      value: shows.join("|"),
      help: "what --plot draws (default singular-values; norms: of the mean predictions)",
    },
    ...pictureOptions,
    ...threadsOption,
    json: { type: "boolean", help: "print one JSON document (schema nclab.path/1)" },
  },
  example: "nclab path --counts 5x500,5x100 --lambda-z 1e-3:1e-2 --lambda-b 0.02 --csv path.csv --plot path.svg --show margins",
  run,
};

/** From here on the rows take minutes, exactly. */
const slow = 300;
async function run({ options }: CommandInput): Promise<number> {
  useThreadsOf(options);
  const plot = readPicture(options);
  const shown = readShown(options);
  const csv = options.text("csv");
  const { label, ...question } = await readPath(options);
  const { input, names, range, tolerance } = question;
  const texts: PathTexts = { input, names, label };
  const began = performance.now();
  const found = await followed(input, range, tolerance);
  const seconds = (performance.now() - began) / 1000;
  if ("done" in found) return interrupted(found, range, csv, texts);
  await writeAndPrint(
    async () => {
      if (csv !== undefined) await writeFileAtomic(csv, pathCsv(found, texts));
      if (plot === undefined) return;
      const { alongPath } = await import("../pictures/index.ts");
      const document = pathDocument(found, question, seconds);
      await writePicture(plot, (style) => alongPath(document, shown, style));
    },
    () =>
      console.log(options.flag("json") ? toJson(pathDocument(found, question, seconds)) : describePath(found, texts, seconds)),
  );
  if (found.certified) return 0;
  console.error(notProved(found, tolerance));
  return 3;
}

function readShown(options: Values): Curves {
  const text = options.text("show");
  if (text === undefined) return shows[0];
  if (!(shows as readonly string[]).includes(text)) throw inputError("--show", shows.join(", "), text);
  if (options.text("plot") === undefined) throw inputError("--show", "--plot beside it", text);
  return text as Curves;
}

/** Milliseconds before progress is shown: most paths are done by then. */
const patience = 2000;

/** The whole path, or how far it came where it was asked to stop: between two values, as one is not interrupted. */
async function followed(input: ProblemInput, range: PathRange, tolerance: number): Promise<Path | PathProgress> {
  const stopped = stopSignal("stopping after this value (again: at once)");
  const line = progressLine();
  const began = performance.now();
  let warned = false;
  try {
    const steps = pathSteps(input, range, { tolerance });
    for (;;) {
      const next = steps.next();
      if (next.done) return next.value;
      const { done, values, groups } = next.value;
      if (performance.now() - began > patience) {
        if (!warned && groups.length > slow && tolerance < looseFrom)
          line.note(`${groups.length} different classes: --tolerance 1e-4 is much quicker`);
        warned = true;
        line.update(done, values, done < values ? `${done} of ${values} values` : "the events between");
      }
      // Signals are heard between two steps.
      await new Promise((resolve) => setImmediate(resolve));
      if (stopped()) return next.value;
    }
  } catch (error) {
    throw withPathOptions(error);
  } finally {
    line.end();
  }
}

/** What there is when it was asked to stop: rows that are whole, without events. */
async function interrupted(
  { rows, groups, done, values }: PathProgress,
  range: PathRange,
  csv: string | undefined,
  texts: PathTexts,
): Promise<number> {
  const so = `interrupted: ${done} of ${values} values were solved`;
  if (csv === undefined) {
    console.error(`${so}; nothing was written`);
    return 1;
  }
  await writeFileAtomic(csv, pathCsv({ rows: rows(), groups, events: [], range }, texts));
  console.error(`${so}; kept: ${csv} has them, without the events between`);
  return 1;
}

function notProved({ rows, worstEventGap }: Path, tolerance: number): string {
  const wrong = rows.filter((row) => !row.certified);
  const worst = Math.max(...rows.map((row) => row.relativeGap));
  return wrong.length > 0
    ? `the asked relative gap of ${tolerance} was not reached in ${wrong.length} of ${rows.length} rows: ${format(worst)} is the worst that is proved`
    : `some solutions behind the events are proved to a relative gap of ${format(worstEventGap)} only, not to ${Math.max(tolerance, usualTolerance)}`;
}
