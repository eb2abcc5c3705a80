import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { predict } from "../../src/index.ts";
import {
  applied,
  type Change,
  comparedHead,
  curvesOf,
  documentHead,
  groupsOf,
  marginCurves,
  marginsOf,
  mostGroups,
  mostPoints,
  nothing,
  placed,
  pointOf,
  runHead,
  saidOf,
  statusBands,
  thinned,
  type WatchPoint,
  type WatchState,
} from "../../src/watch/index.ts";

const point = (at: number, more: Partial<WatchPoint> = {}): WatchPoint => ({
  at,
  file: null,
  nc1: 1 / (1 + at),
  error: null,
  crossEntropy: null,
  accuracy: null,
  statuses: null,
  margins: null,
  ...more,
});
const counts = [500, 500, 100];
const head = documentHead("run", "recorder", { counts, comparedAt: { lambdaZ: 0.01, lambdaB: "inf", nonnegative: true } }, "x");
const fold = (changes: readonly Change[]): WatchState => changes.reduce(applied, nothing("dir"));
const points = (...some: WatchPoint[]): Change => ({ kind: "points", name: "run", points: some, latest: [] });

describe("what is known", () => {
  it("is nothing at first, and says what it waits for", () => {
    expect(saidOf(nothing("dir"))).toBe("Waiting for dir: there is no such folder yet.");
    expect(saidOf(fold([{ kind: "there", there: true }]))).toBe("Nothing is in dir yet.");
    const all = fold([{ kind: "there", there: true }, { kind: "head", head }, points(point(0), point(1))]);
    expect(saidOf(all)).toBe("1 training, 2 measured moments in dir.");
  });

  it("keeps points in order, each epoch once, whatever the order in which they come", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(20), { minLength: 1 }), { maxLength: 8 }), (batches) => {
        const state = fold([{ kind: "head", head }, ...batches.map((ats) => points(...ats.map((at) => point(at))))]);
        const expected = [...new Set(batches.flat())].sort((a, b) => a - b);
        expect(state.series[0].points.map(({ at }) => at)).toEqual(expected);
      }),
    );
  });

  it("takes a file that was measured again for the same one, and files of one number for two", () => {
    const named = (file: string, nc1: number): WatchPoint => point(3, { file, nc1 });
    const state = fold([{ kind: "head", head }, points(named("a3", 1)), points(named("b3", 2)), points(named("a3", 9))]);
    expect(state.series[0].points.map(({ file, nc1 }) => [file, nc1])).toEqual([
      ["a3", 9],
      ["b3", 2],
    ]);
  });

  it("forgets what is gone and what is right again; a head alone changes no point", () => {
    const wrong: Change = { kind: "wrong", file: "a", message: "bad" };
    const state = fold([{ kind: "head", head }, points(point(1)), wrong, { kind: "head", head: { ...head, status: "done" } }]);
    expect([state.wrong.length, state.series[0].points.length, state.series[0].status]).toEqual([1, 1, "done"]);
    const after = [{ kind: "wrong", file: "a", message: null } as const, { kind: "gone", name: "run" } as const].reduce(
      applied,
      state,
    );
    expect([after.wrong, after.series]).toEqual([[], []]);
    expect(applied(after, points(point(2)))).toEqual(after);
  });
});

describe("groups of classes", () => {
  it("are the classes themselves where these are few", () => {
    expect(groupsOf([5, 3], ["cat", "dog"]).map(({ label }) => label)).toEqual(["0 cat (5)", "1 dog (3)"]);
  });

  it("hold every class once, at most ten groups, and no count of one group is between those of another", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 11, maxLength: 300 }), (some) => {
        const groups = groupsOf(some, null);
        expect(groups.length).toBeLessThanOrEqual(mostGroups);
        expect(groups.flatMap(({ classes }) => classes).sort((a, b) => a - b)).toEqual(some.map((_, k) => k));
        groups.slice(1).forEach(({ classes }, g) => {
          expect(Math.max(...classes.map((k) => some[k]))).toBeLessThan(Math.min(...groups[g].classes.map((k) => some[k])));
        });
      }),
    );
  });

  it("have the least margin of theirs, null where none is known", () => {
    const groups = [
      { label: "a", classes: [0, 2] },
      { label: "b", classes: [1] },
    ];
    const classes = [3, null, -1].map((margin, k) => ({ class: k, margin }));
    expect(marginsOf(groups, classes)).toEqual([-1, null]);
  });
});

describe("what files say", () => {
  const report = (k: number) => ({
    class: k,
    count: counts[k],
    pOwn: 0.9,
    rival: 0,
    margin: 2 - k,
    status: k < 2 ? "own" : "merged",
  });
  const document = { counts, nc1: { paper: 0.5 }, comparison: { Zerror: { frobenius: 0.1 } }, classes: [0, 1, 2].map(report) };
  const how = { at: 4, file: null, groups: head.groups, where: "x:1" };

  it("is read from a document of a measurement", () => {
    expect(head.problem).toEqual({ counts, lambdaZ: 0.01, lambdaB: Number.POSITIVE_INFINITY, nonnegative: true });
    const read = pointOf(document, how);
    expect(read.point).toEqual(point(4, { nc1: 0.5, error: 0.1, statuses: [2, 0, 0, 1], margins: [2, 1, 0] }));
    expect(read.latest.map((c) => c.class)).toEqual([2, 1, 0]);
    expect(pointOf({ counts }, how).point).toEqual(point(4, { nc1: null }));
  });

  it.each([
    [{ ...document, counts: [1, 1] }, "x:1: counts: expected 3 classes, as before, got 2"],
    [{ ...document, counts: [1, 1, -1] }, "x:1: counts"],
    [{ ...document, nc1: { paper: "<b>" } }, "x:1: nc1.paper: expected a number"],
    [{ ...document, classes: 1 }, "x:1: classes: expected a list"],
    [{ ...document, classes: [{ ...report(0), class: 3 }] }, "x:1: classes[0].class"],
    [{ ...document, classes: [{ ...report(0), status: "lost" }] }, "x:1: classes[0].status"],
    [{ ...document, classes: [{ ...report(0), rival: "1" }] }, "x:1: classes[0].rival"],
    [{ ...document, classes: [null] }, "x:1: classes[0]: expected a report"],
  ])("is refused where it is not of its form: %#", (wrong, message) => {
    expect(() => pointOf(wrong, how)).toThrow(message);
  });

  it("is a run's problem by its run.json, and by its epochs where weight decay alone regularizes", () => {
    const settings = { counts, lambdaW: 0.1, lambdaH: 1e-4, lambdaB: "inf", features: "relu", remedies: { repeats: [1, 1, 2] } };
    const record = (more: object) =>
      JSON.stringify({ schema: "nclab.run/1", status: "running", settings: { ...settings, ...more } });
    const { head: of } = runHead("r", record({}), "r/run.json");
    expect([of.counts, of.problem?.lambdaW, of.problem?.nonnegative]).toEqual([[500, 500, 200], 0.1, true]);
    const decayed = runHead("r", record({ lambdaH: 0, remedies: { weights: [1, 1, 5] } }), "r/run.json");
    expect(decayed.head.problem).toBeNull();
    const line = { comparedAt: { lambdaZ: 0.02, lambdaB: 0.1, nonnegative: false } };
    expect(comparedHead(decayed.head, decayed.remedies, line, "x").problem).toEqual({
      counts,
      lambdaZ: 0.02,
      lambdaB: 0.1,
      nonnegative: false,
      weights: [1, 1, 5],
    });
    expect(() => runHead("r", '{"schema":"other"}', "r/run.json")).toThrow("r/run.json: schema");
    expect(() => runHead("r", "{", "r/run.json")).toThrow("expected JSON");
  });
});

describe("what pictures ask", () => {
  it("is thinned to what can be seen, first and last kept, of thousands of epochs", () => {
    const state = fold([{ kind: "head", head }, points(...Array.from({ length: 9000 }, (_, i) => point(i)))]);
    const lines = curvesOf(state, "nc1")?.lines ?? [];
    expect(lines[0].points).toHaveLength(mostPoints);
    expect([lines[0].points[0].epoch, lines[0].points.at(-1)?.epoch]).toEqual([0, 8999]);
    expect(thinned([1, 2, 3])).toEqual([1, 2, 3]);
    expect(curvesOf(state, "error")).toBeNull();
  });

  it("has files at the numbers in their names", () => {
    const files = ["w/ckpt_epoch10_acc0.60.npz", "w/ckpt_epoch2_acc0.50.npz"].map((file, i) => point(i, { file }));
    const { axis, points: shown } = placed(fold([{ kind: "head", head }, points(...files)]).series[0]);
    expect([axis, shown.map(({ at }) => at)]).toEqual(["epoch", [2, 10]]);
  });

  it("puts the prediction beside, group by group", () => {
    const prediction = predict({ counts, lambdaZ: 0.01, nonnegative: true });
    if (!("classes" in prediction)) throw new Error("no classes");
    const measured = point(1, { statuses: [3, 0, 0, 0], margins: [1, 2, 3] });
    const [series] = fold([{ kind: "head", head }, points(point(0), measured)]).series;
    const found = marginCurves(series, prediction);
    expect(found?.lines.map(({ level }) => level)).toEqual(prediction.classes.map(({ margin }) => margin));
    expect(found?.lines[2].points).toEqual([
      { epoch: 0, value: null },
      { epoch: 1, value: 3 },
    ]);
    const { own, outvoted, faded, merged } = prediction.summary;
    expect(statusBands(series, prediction)).toMatchObject({
      end: [own, outvoted, faded, merged],
      points: [{ at: 1, values: [3, 0, 0, 0] }],
    });
    const headless = fold([{ kind: "head", head }, points(point(0))]).series[0];
    expect([marginCurves(headless, null), statusBands(headless, null)]).toEqual([null, null]);
  });
});
