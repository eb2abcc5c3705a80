import { describe, expect, it } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { bounded } from "../../web/solver/bounded-jobs.ts";
import { defaults, type State } from "../../web/state.ts";
import { angleDataOf, anglesAlong } from "../../web/theory/along.ts";
import { classesWords, groupsOf, withSamples } from "../../web/theory/groups.ts";
import { inputOf, labelOf, parameters } from "../../web/theory/parameters.ts";
import { axesFor, movedTo, phaseDataOf, pointOf } from "../../web/theory/phase-data.ts";
import { asker } from "../../web/theory/questions.ts";
import type { SlowPart, TheoryEvent } from "../../web/theory/state.ts";

const dials = (part: Partial<State> = {}): State => ({ ...defaults, ...part });
/** The same problem with the letters of the groups exchanged. */
const mirrored = (at: State): State => ({ ...at, kA: at.kB, nA: at.nB, kB: at.kA, nB: at.nA });
const labels = (at: State): string[] => parameters.slice(0, 4).map((one) => labelOf(one, at));

const problems: [string, State][] = [
  ["usual", dials()],
  ["another number of classes", dials({ kA: 3, kB: 7, nA: 900, nB: 30 })],
  ["nonnegative", dials({ kA: 2, kB: 8, nonnegative: true })],
  ["bounded norms", dials({ model: "layer-peeled", kA: 4, kB: 6 })],
];

/** What is asked of the slow worker for a picture; the answers are canned. */
async function asked(part: SlowPart, at: State): Promise<unknown[]> {
  const questions: unknown[] = [];
  const told: TheoryEvent[] = [];
  const ask = async (kind: string, question: never): Promise<unknown> => {
    questions.push([kind, question]);
    if (kind === "layerPeeledRatio") return 12;
    if (kind === "layerPeeledProducts") return [];
    if (kind === "several") return (question as never[]).map((one) => predict(problem(one)));
    if (kind === "layerPeeled") return bounded(question);
    return { free: { phases: [], rows: [] }, nonnegative: { phases: [], rows: [] }, meetings: [] };
  };
  const solver = { ask } as never;
  asker({ quick: solver, slow: solver }, (event) => told.push(event)).draw(part, at, "key");
  while (!told.some(({ kind }) => kind === "drawn" || kind === "missing")) await new Promise((done) => setTimeout(done));
  expect(told.at(-1)?.kind).toBe("drawn");
  return questions;
}

describe("majority and minority go by the counts, not by the letters", () => {
  it("in the labels of the dials", () => {
    expect(labels(dials())).toEqual([
      "k_A, majority classes",
      "n_A, samples of each",
      "k_B, minority classes",
      "n_B, samples of each",
    ]);
    expect(labels(dials({ nA: 50 }))).toEqual([
      "k_A, minority classes",
      "n_A, samples of each",
      "k_B, majority classes",
      "n_B, samples of each",
    ]);
    expect(labels(dials({ nA: 100 }))[0]).toBe("k_A, classes");
    expect(classesWords({ kA: 1, nA: 1, kB: 1, nB: 2 }, "B")).toBe("majority classes");
  });

  it.each(problems)("the diagram is that of the larger over the smaller: %s", async (_, at) => {
    const other = mirrored(at);
    expect([groupsOf(at).larger.name, groupsOf(other).larger.name]).toEqual(["A", "B"]);
    expect(pointOf(other)).toEqual(pointOf(at));
    expect(axesFor(other)).toEqual(axesFor(at));
    expect(await asked("phases", other)).toEqual(await asked("phases", at));
    const borders = { kind: "bounds", ratios: [1, 100], products: [1, 2] } as const;
    const drawn = (of: State) => phaseDataOf(borders, axesFor(of), false, of);
    expect([drawn(at).yLabel, drawn(other).yLabel]).toEqual(["n_A / n_B", "n_B / n_A"]);
  });

  it.each(problems)("a move in it moves the larger: %s", (_, at) => {
    const to = { x: pointOf(at).x * 1.5, ratio: 7 };
    const moved = { ...mirrored(at), ...movedTo(to, mirrored(at)) };
    expect(mirrored(moved)).toEqual({ ...at, ...movedTo(to, at) });
    // Down to its lower edge and up again it stays the diagram that it was.
    for (const start of [at, mirrored(at)]) {
      const down = { ...start, ...movedTo({ ...to, ratio: 1 }, start) };
      expect(groupsOf(down).larger.name).toBe(groupsOf(start).larger.name);
    }
  });

  it.each(problems)("the angles run along the count of the larger: %s", async (_, at) => {
    const other = mirrored(at);
    expect(anglesAlong(other)).toEqual(anglesAlong(at));
    const answers = (of: State): never[] =>
      [2, 5].map((factor) => {
        const { larger, smaller } = groupsOf(of);
        const there = { ...of, ...withSamples(larger.name, factor * smaller.n) };
        return predict(problem(inputOf({ ...there, model: "penalties" }))) as never;
      });
    const [one, two] = [angleDataOf(answers(at), at), angleDataOf(answers(other), other)];
    expect([one.names, two.names]).toEqual([
      ["A", "B"],
      ["B", "A"],
    ]);
    one.points.forEach((point, i) => {
      expect(two.points[i].nA).toBe(point.nA);
      for (const what of ["withinA", "withinB", "between"] as const)
        expect(two.points[i][what]).toBeCloseTo(point[what] as number, 10);
    });
  });

  it("the ratio at which the minority merges is asked of the larger and the smaller", async () => {
    const at = dials({ model: "layer-peeled", kA: 4, kB: 6 });
    const ratioOf = async (of: State): Promise<unknown> =>
      (await asked("spectrum", of)).find((one) => (one as string[])[0] === "layerPeeledRatio");
    expect(await ratioOf(mirrored(at))).toEqual(await ratioOf(at));
  });
});
