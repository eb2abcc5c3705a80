import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../../src");

/** All that the certificates may take from the room of losses, whose door it is: what losses are called. */
const namesOfLosses = ["type LossName", "LossName", "lossNames"];

/** Every file that a file imports, directly or not, but what stands behind the door of the losses for the sake of their names. */
function reaches(file: string, seen = new Set<string>()): Set<string> {
  for (const [, names, path] of readFileSync(file, "utf8").matchAll(/\{([^}]*)\} from "(\.[^"]+)"/g)) {
    const next = join(dirname(file), path);
    const only = names.split(",").map((name) => name.trim());
    if (next === join(source, "loss", "index.ts") && only.every((name) => namesOfLosses.includes(name))) continue;
    if (seen.has(next)) continue;
    seen.add(next);
    reaches(next, seen);
  }
  return seen;
}

test("the certificates call nothing of the solver nor of the losses (their names apart): they import each other's arithmetic only", () => {
  const certificates = ["certificate.ts", "nonnegative-certificate.ts", "points-certificate.ts"];
  // points.ts and points-coordinates.ts say what the problem is.
  const losses = ["proved-loss.ts", "proved-losses.ts", "proved-cross-entropy.ts", "proved-entrywise.ts"];
  const arithmetic = ["columns.ts", "answer-column.ts", "dual.ts", "free-bias.ts", "lifted.ts", "points-dual.ts"];
  const problem = ["points.ts", "points-coordinates.ts"];
  const own = [...certificates, ...losses, ...arithmetic, ...problem].map((f) => join(source, "solver", f));
  for (const file of own.slice(0, certificates.length)) {
    const reached = [...reaches(file)].map((f) => f.slice(source.length + 1));
    expect(reached).toContain("solver/columns.ts");
    expect(reached.filter((f) => f.startsWith("solver/") && !own.includes(join(source, f)))).toEqual([]);
    expect(reached.filter((f) => f.includes("/") && !/^(solver|problem|math|wasm)\//.test(f))).toEqual([]);
  }
});
