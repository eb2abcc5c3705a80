import { describe, expect, test } from "vitest";
import { searchText } from "../../src/cli/search-text.ts";
import { layerNormNotes } from "../../src/prediction/layer-norm-notes.ts";
import { searchReason } from "../../src/prediction/search.ts";
import { layerNormProblem } from "../../src/problem/index.ts";

describe("one descent, and several", () => {
  const one = { starts: 1, found: 1, within: 1e-6, exchanges: 0, exhausted: true, objectives: [0.25] };
  test("one", () => {
    expect(searchText(0.25, one)).toMatch(
      /, the best of 1 descent, found by it \(to a share of 0\.000001\), which ended at 0\.25$/,
    );
    expect(searchText(0.2, { ...one, found: 0, built: 3 })).toMatch(
      /the best of 1 descent from a random start, 3 from groups and pairs of classes, not found by the random one .*, which ended at 0\.25$/,
    );
    expect(searchReason(one)).toBe(
      "this is the best of 1 descent, it ended there itself, and nothing proves that there is no better one",
    );
    expect(searchReason({ ...one, found: 0, built: 3 })).toContain(
      "1 descent from a random start and 3 from groups and pairs of classes, the random one did not end there itself,",
    );
  });
  test("two", () => {
    const two = { ...one, starts: 2, objectives: [0.25, 0.5] };
    expect(searchText(0.25, two)).toMatch(/best of 2 descents, found by 1 of the descents .*; they ended at 0\.25 to 0\.5$/);
    expect(searchReason(two)).toContain("2 descents, 1 of them found it,");
  });
});

test("an odd number of classes: what is called a cross-polytope is said, and equal counts where they are equal", () => {
  const notes = (counts: number[]): string => {
    const problem = layerNormProblem({ counts, weightDecay: 0.01, ends: "layer-norm", width: 256 });
    return layerNormNotes(problem, { geometry: null, closedForms: null, objective: 1 }).join("\n");
  };
  const rule = /of an odd number of classes one has no opposite: .* by itself are called a cross-polytope here/;
  expect(notes(new Array(7).fill(100))).toMatch(rule);
  expect(notes(new Array(7).fill(100))).toMatch(/for equal counts/);
  expect(notes([500, 500, 500, 50, 50])).toMatch(rule);
  expect(notes([500, 500, 500, 50, 50])).not.toMatch(/equal counts/);
  expect(notes([5, 5, 5, 5])).not.toMatch(/odd/);
});
