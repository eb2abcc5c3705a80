import { join } from "node:path";
import { inputError } from "../errors.ts";
import { textOf } from "../files/index.ts";
import { isObject } from "../json.ts";
import { type Metrics, UnreadableError } from "./run-record.ts";
import { fromRunText } from "./run-text.ts";

/**
 * Reads metrics.jsonl: its whole lines, as a crash may have cut the last one short. Throws UnreadableError naming file and line where a line is damaged: its numbers
 * cannot be had from the other lines.
 */
export async function readMetrics(out: string): Promise<Metrics[]> {
  const file = join(out, "metrics.jsonl");
  const text = (await textOf(file)) ?? "";
  const lines: Metrics[] = [];
  for (const [i, line] of text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .entries()) {
    if (line === "") continue;
    const read = lineOf(line, `${file}:${i + 1}`);
    const before = lines.at(-1)?.epoch ?? -1;
    if (read.epoch <= before)
      throw new UnreadableError(
        inputError(`${file}:${i + 1}: epoch`, `more than the ${before} of the line before`, read.epoch).message,
      );
    lines.push(read);
  }
  return lines;
}

function lineOf(text: string, where: string): Metrics {
  let value: unknown;
  try {
    value = fromRunText(text);
  } catch (error) {
    throw new UnreadableError(`${where}: expected a line of JSON, got ${(error as Error).message}`);
  }
  const check = (valid: boolean, name: string, rule: string, x: unknown): void => {
    if (!valid) throw new UnreadableError(inputError(name === "" ? where : `${where}: ${name}`, rule, x).message);
  };
  check(isObject(value), "", "an object", value);
  const line = value as Record<string, unknown>;
  check(Number.isSafeInteger(line.epoch) && (line.epoch as number) >= 0, "epoch", "a whole number", line.epoch);
  const partOf = (path: string): unknown => path.split(".").reduce((x: unknown, key) => (isObject(x) ? x[key] : undefined), line);
  // Null where the theory says nothing of such a training.
  const compared = line.comparison !== null;
  const stands = isObject(line.layerNorm);
  const numbers = ["objective", "crossEntropy", "N"];
  if (compared || stands) numbers.push("predictedObjective");
  if (stands) numbers.push("layerNorm.best", "layerNorm.settled");
  for (const name of numbers) check(isNumber(partOf(name)), name, "a number", partOf(name));
  for (const name of ["predictedObjective", "nc3", "nc4", "blockDeviation"])
    check(isNumberOrNull(line[name]), name, "a number or null", line[name]);
  const parts: [name: string, keys: readonly string[]][] = [
    ["nc1", ["paper", "sampleWeighted", "classBalanced"]],
    ["nc2", ["etfDistance"]],
    ...(compared ? comparisons : []),
    ...(stands ? standings : []),
  ];
  for (const [name, keys] of parts) {
    const part = partOf(name);
    check(isObject(part) && keys.every((key) => isNumberOrNull(part[key])), name, `numbers or null: ${keys.join(", ")}`, part);
  }
  for (const name of compared ? ["comparison.mergedPredicted", "comparison.mergedMeasured"] : [])
    check(
      isListOf(partOf(name), (group) => isListOf(group, isNumber)),
      name,
      "lists of classes",
      partOf(name),
    );
  for (const name of ["trainAccuracy", "testAccuracy"])
    check(isListOf(line[name], isNumberOrNull), name, "a list of numbers or null", line[name]);
  check(isListOf(line.counts, isNumber), "counts", "a list of numbers", line.counts);
  const K = (line.counts as number[]).length;
  const square = isListOf(line.Z, (row) => isListOf(row, isNumber) && (row as unknown[]).length === K);
  check(square && (line.Z as unknown[]).length === K, "Z", `${K} x ${K} numbers`, line.Z);
  return line as unknown as Metrics;
}

const comparisons: [name: string, keys: readonly string[]][] = [
  ["comparison.Zerror", ["frobenius", "sup"]],
  ["comparison.berror", ["frobenius", "sup"]],
];

const standings: [name: string, keys: readonly string[]][] = [
  ["layerNorm.Zerror", ["frobenius", "sup"]],
  ["layerNorm.berror", ["frobenius", "sup"]],
];

const isNumber = (x: unknown): boolean => typeof x === "number";
const isNumberOrNull = (x: unknown): boolean => x === null || isNumber(x);
const isListOf = (x: unknown, valid: (entry: unknown) => boolean): boolean => Array.isArray(x) && x.every(valid);
