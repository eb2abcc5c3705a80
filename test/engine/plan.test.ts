import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Graph } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { plan } from "../../src/engine/plan.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { graphOf, recipes } from "./whole-numbers.ts";

const engines = [wasmEngine(1), wasmEngine(2)];
afterAll(() => {
  for (const engine of engines) engine.stop();
});

/** Not the sign of a zero. */
const numbers = (x: ArrayLike<number>): number[] => Array.from(x, (y) => y + 0);

describe("memory is shared, and nothing is written over that is needed later", () => {
  test("whatever the graph, two runs in a row give the twin's numbers, outputs and held arrays", async () => {
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const { graph, given, held } = graphOf(recipe);
        const runs = await Promise.all(
          engines.map(async (engine) => ({ held: engine.hold(held), program: await engine.compile(graph) })),
        );
        let now: Record<string, ArrayLike<number>> = Object.fromEntries(
          Object.entries(held).map(([name, { data }]) => [name, data]),
        );
        for (let run = 0; run < 2; run++) {
          const wanted = evaluate(graph, given, now, (n) => new Float64Array(n));
          now = { ...now, ...wanted.kept };
          for (const { held, program } of runs) {
            const outputs = await program.run(held, given);
            for (const [name, x] of Object.entries(wanted.outputs)) expect(numbers(outputs[name]), name).toEqual(numbers(x));
            const read = await held.read();
            for (const [name, x] of Object.entries(now)) expect(numbers(read[name].data), name).toEqual(numbers(x));
          }
        }
        for (const { held, program } of runs) {
          held.dispose();
          program.dispose();
        }
      }),
      { numRuns: 300 },
    );
  });
});
