import { expect } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { Graph, type Node, sizeOf } from "../../src/engine/graph.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { random } from "../../src/math/random.ts";
import { normals } from "./numeric.ts";

/** Largest difference beside the largest value, or beside `least` where that is more. */
export function off(found: ArrayLike<number>, wanted: ArrayLike<number>, least = 1e-3): number {
  expect(found.length).toBe(wanted.length);
  let [difference, scale] = [0, least];
  for (let i = 0; i < wanted.length; i++) {
    // A NaN is no number's equal.
    if (!(Math.abs(found[i] - wanted[i]) <= difference)) difference = Math.abs(found[i] - wanted[i]);
    scale = Math.max(scale, Math.abs(wanted[i]));
  }
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / scale;
}

/**
 * Runs a graph on every engine (same bits on all) against the twin in float64 of the same float32 numbers: sums of n products of normal numbers are good to some sqrt(n) 2^-24. Returns what the engines found.
 */
export async function expectTwinOf(
  engines: readonly Engine[],
  graph: Graph,
  values: Readonly<Record<string, ArrayLike<number>>>,
  { tolerance = 1e-5, least = 1e-3 }: { tolerance?: number; least?: number } = {},
): Promise<Record<string, Float32Array>> {
  const { outputs: wanted } = evaluate(graph, values, {}, (n) => new Float64Array(n));
  let first: Record<string, Float32Array> = {};
  for (const [e, engine] of engines.entries()) {
    const held = engine.hold({});
    const program = await engine.compile(graph);
    const found = await program.run(held, values);
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, x] of Object.entries(found)) expect(off(x, wanted[name], least), name).toBeLessThan(tolerance);
    // A second run finds the same: nothing is left of the first.
    const again = await program.run(held, values);
    for (const [name, x] of Object.entries(found)) expect(again[name], `${name}, again`).toEqual(x);
    if (e === 0) first = found;
    for (const [name, x] of Object.entries(found)) expect(x, `${name} by engine ${e}`).toEqual(first[name]);
    program.dispose();
    held.dispose();
  }
  return first;
}

/** The same of a function of arrays of normal numbers. */
export async function expectTwin(
  engines: readonly Engine[],
  shapes: Readonly<Record<string, readonly number[]>>,
  f: (x: Record<string, Node>, graph: Graph) => Record<string, Node>,
  options: { tolerance?: number; least?: number } = {},
): Promise<void> {
  const r = random(3);
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, Float32Array.from(normals(sizeOf(shape), r))]),
  );
  const graph = new Graph();
  const made = f(Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)])), graph);
  for (const [name, node] of Object.entries(made)) graph.output(name, node);
  await expectTwinOf(engines, graph, values, options);
}
