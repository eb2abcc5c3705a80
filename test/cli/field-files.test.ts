import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { InputError } from "../../src/errors.ts";
import { runCommand } from "./run.ts";

// Files as people have them, all of the same 150 samples; NC1 by the formulas in NumPy is 0.242 (paper) and 0.265 (class-balanced). The heads are the same 5 x 8 matrix.
const folder = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/field");
const at = (name: string): string => join(folder, name);
const samples = ["--features", at("H.npy"), "--labels", at("y.npy")];

async function measured(...args: string[]) {
  const { out, code } = await runCommand(measure, ...args, "--json");
  expect(code).toBe(0);
  const document = JSON.parse(out);
  expect([document.nc1.paper.toFixed(3), document.nc1.classBalanced.toFixed(3)]).toEqual(["0.242", "0.265"]);
  expect(document.counts).toEqual([50, 40, 30, 20, 10]);
  return document;
}

describe("measure reads the head and the samples of", () => {
  test.each([["npscalar.pth"], ["namespace.pth"], ["defaultdict.pth"], ["legacy.pth"], ["convhead.pth"]])("%s", async (file) => {
    const [given, plain] = [
      await measured(...samples, "--head-weight", at(file)),
      await measured(...samples, "--head-weight", at("convhead.pth")),
    ];
    expect([given.nc3, given.nc4, given.b]).toEqual([plain.nc3, plain.nc4, plain.b]);
    expect(given.b.every((b: number) => b !== 0)).toBe(true);
  });

  test.each([["uint16.pt"], ["unrelated_complex.pt"], ["targets_list.pt"], ["batches.pt"], ["weightnorm.pt"], ["mixed.npz"]])(
    "%s",
    async (file) => {
      await measured(at(file));
    },
  );
});

test("tied embeddings are the head where no name is: the only array with a row a class, which a note says", async () => {
  const tied = [...samples, "--head-weight", at("tied.safetensors")];
  const m = await measured(...tied);
  expect(m.notes.join()).toMatch(/model\.embed_tokens\.weight 5 x 8 was taken as the head's weight/);
  const stated = await measured(...tied, "--keys", "weight=model.embed_tokens.weight");
  expect([m.nc3, m.nc4]).toEqual([stated.nc3, stated.nc4]);
});

test("8-bit features are measured: rounding to three bits moves NC1 by little", async () => {
  const { out } = await runCommand(measure, at("float8.safetensors"), "--json");
  expect(Math.abs(JSON.parse(out).nc1.paper / 0.242 - 1)).toBeLessThan(0.05);
});

test.each([
  ["html.pt", /a web page/],
  ["lfs.pt", /git lfs pull/],
])("%s: what is wrong and the way out", async (file, message) => {
  const error = await runCommand(measure, ...samples, "--head-weight", at(file)).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(message);
});
