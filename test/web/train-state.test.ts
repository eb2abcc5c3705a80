import { gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { glyphClassNames, glyphs } from "../../src/data/index.ts";
import { toJson } from "../../src/json.ts";
import { networkNames } from "../../src/networks/index.ts";
import type { HeatMapData } from "../../src/plots/index.ts";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { paced } from "../../web/figures/paced.ts";
import { readItems } from "../../web/runs/read.ts";
import { defaults, type State } from "../../web/state.ts";
import { droppedText, glyphClasses } from "../../web/train/classes.ts";
import { startTrainer } from "../../web/train/client.ts";
import { pairOf } from "../../web/train/files.ts";
import type { EpochMetrics, TrainQuestion } from "../../web/train/messages.ts";
import * as offered from "../../web/train/networks.ts";
import { collapseOf, fitted, separationsOf, wide, zOf } from "../../web/train/pictures.ts";
import { commandOf, problemText, questionOf, refused, sameProblem } from "../../web/train/question.ts";
import { settingsOf } from "../../web/train/settings.ts";
import {
  isRunning,
  savedTraining,
  type TrainHappening,
  type TrainState,
  trained,
  untrained,
  wouldBeLost,
} from "../../web/train/state.ts";
import { problemWords, statusOf, unpredictedText } from "../../web/train/words.ts";
import { encodeIdx } from "../data/files.ts";

const state: State = { ...defaults, kA: 2, nA: 20, kB: 2, nB: 5, lambdaZ: 0.02, epochs: 5, batch: 10 };
const question = questionOf(state, null);
const prediction = predict(problem({ counts: question.counts, lambdaZ: 0.02, lambdaB: 0.02 }));
const settings = settingsOf(question, 0.02, "wasm");
const goal = { kind: "goal" as const, settings, lambdaZ: 0.02, goal: prediction, why: null };

const metrics = (epoch: number): EpochMetrics =>
  ({
    epoch,
    Z: prediction.Z.map((row) => row.map((x) => (1 + 1 / epoch) * x)),
    b: [0, 0, 0, 0],
    nc1: { paper: 1 / epoch },
    comparison: { Zerror: { frobenius: 1 / epoch } },
    layerNorm: null,
    objective: 1,
    predictedObjective: 0.9,
    trainAccuracy: [1, 1, null, 0.5],
    counts: [20, 20, 5, 5],
    batches: null,
  }) as unknown as EpochMetrics;
const after = (...happenings: TrainHappening[]): TrainState => happenings.reduce(trained, untrained);
const begun: TrainHappening = { kind: "begun", question };
const ready: TrainHappening = { kind: "ready", device: "wasm", threads: 1 };
const epoch = (n: number): TrainHappening => ({ kind: "epoch", metrics: metrics(n) });
const done: TrainHappening = { kind: "done", epoch: 2, seconds: 3.14 };

test("the state in words, whether it runs, whether it would be lost", () => {
  const table: [TrainHappening[], string, boolean, boolean][] = [
    [[], "Not started.", false, false],
    [[begun], "Loading the training code and drawing images …", true, true],
    [[begun, ready], "Training on WebAssembly, one thread; the first step compiles.", true, true],
    [[begun, ready, goal, epoch(1)], "Epoch 1 of 5.", true, true],
    [[begun, ready, goal, epoch(1), { kind: "pause" }], "Pausing after this epoch …", true, true],
    [[begun, ready, goal, epoch(1), { kind: "pause" }, { kind: "paused", epoch: 1 }], "Paused after 1 epoch.", true, true],
    [[begun, ready, goal, epoch(1), epoch(2), done], "Done: 2 epochs in 3.1 s.", false, true],
    [[begun, ready, goal, epoch(1), epoch(2), done, { kind: "saved" }], "Done: 2 epochs in 3.1 s.", false, false],
    [[begun, { kind: "failed", message: "no" }], "Nothing was trained.", false, false],
    [[begun, ready, goal, epoch(1), { kind: "failed", message: "no" }], "Stopped.", false, true],
    [[begun, epoch(1), { kind: "reset" }], "Not started.", false, false],
  ];
  for (const [happenings, words, running, lost] of table) {
    const at = after(...happenings);
    expect([statusOf(at), isRunning(at), wouldBeLost(at)]).toEqual([words, running, lost]);
  }
  expect(after(begun, { kind: "failed", message: "no" }).error).toBe("no");
  // What failed before it began leaves the dials free; what failed later was trained.
  expect(after(begun, { kind: "failed", message: "no" }).question).toBeNull();
  const late = after(begun, ready, goal, epoch(1), { kind: "failed", message: "diverged" });
  expect(problemWords(late, question).text).toMatch(/^Trained until it stopped: 2 × 20/);
  expect(after({ kind: "refused", message: "too many" }).error).toBe("too many");
});

test("the problem is frozen; another one is offered where the dials say one", () => {
  const at = after(begun, ready, goal, epoch(1));
  const text = "2 × 20 and 2 × 5, 50 images, mlp, λ_Z = 0.02, λ_b = 0.02, free features, loss cross-entropy";
  expect(problemWords(untrained, question)).toEqual({ text: `To be trained, from the first tab: ${text}.`, offer: null });
  expect(problemWords(at, question)).toEqual({ text: `In training: ${text}.`, offer: null });
  const other = questionOf({ ...state, nA: 30 }, null);
  expect(problemWords(at, other).text).toBe(`In training: ${text}.`);
  expect(problemWords(at, other).offer).toMatch(/^The dials say another problem now: 2 × 30 and 2 × 5/);
  // How long it trains is no other problem; a decay that is not used is none either.
  for (const change of [{ epochs: 9 }, { batch: 20 }, { seed: 3 }, { trainDecay: 0.1 }])
    expect(sameProblem(question, questionOf({ ...state, ...change }, null))).toBe(true);
  for (const change of [
    { lambdaZ: 1 },
    { lambdaB: 1 },
    { network: "mlp-bn" },
    { regularizer: "both" },
    { nonnegative: true },
    { loss: "bce" },
  ])
    expect(sameProblem(question, questionOf({ ...state, ...change }, null))).toBe(false);
  const decay = { ...state, regularizer: "decay", network: "mlp-bn" };
  expect(sameProblem(questionOf(decay, null), questionOf({ ...decay, lambdaZ: 1 }, null))).toBe(true);
  expect(sameProblem(questionOf(decay, null), questionOf({ ...decay, trainDecay: 1 }, null))).toBe(false);
});

test.each<[Partial<State>, string, string]>([
  [{}, "--lambda-z 0.02 --lambda-b 0.02 --dataset", "λ_Z = 0.02, λ_b = 0.02"],
  [{ lambdaB: Number.POSITIVE_INFINITY }, "--lambda-z 0.02 --dataset", "λ_Z = 0.02, no bias"],
  [{ regularizer: "both" }, "--lambda-b 0.02 --weight-decay 0.005 --dataset", "weight decay 0.005 of the hidden layers"],
  [
    { regularizer: "decay", network: "mlp-bn" },
    "--weight-decay 0.005 --decay all --schedule decay-ramp --network mlp-bn",
    "weight decay 0.005 alone, of everything, free",
  ],
  [
    { regularizer: "effective", network: "mlp-bn", lambdaB: Number.POSITIVE_INFINITY, nonnegative: true },
    "--bias-weight-decay inf --decay effective --schedule decay-ramp --network mlp-bn --features relu",
    "of head and last normalization, no bias, nonnegative",
  ],
  [
    { regularizer: "decay", network: "mlp-bn", lambdaB: 0, loss: "square" },
    "--bias-weight-decay 0 --decay all",
    "a bias without decay",
  ],
])("%j as a command, and in words", (change, command, words) => {
  const asked = questionOf({ ...state, ...change }, null);
  expect(commandOf(asked)).toContain(command);
  expect(commandOf(asked)).toMatch(
    /^nclab train --counts 2x20,2x5 .*--epochs 5 --batch 10 --seed 0 --backend wasm --out runs\/explorer$/,
  );
  expect(problemText(asked)).toContain(words);
});

test("settings: weight decay alone holds head and normalization, beside penalties the hidden layers", () => {
  const of = (change: Partial<State>) => settingsOf(questionOf({ ...state, ...change }, null), 0.02, "wasm");
  expect(of({})).toMatchObject({ lambdaW: 0.2, lambdaH: 0.002, lambdaB: 0.02, weightDecay: 0, schedule: "paper-4.3" });
  expect(of({ regularizer: "both" })).toMatchObject({ lambdaW: 0.2, lambdaH: 0.002, weightDecay: 0.005 });
  const bn = { network: "mlp-bn", regularizer: "effective" };
  expect(of(bn)).toMatchObject({
    lambdaW: 0.005,
    lambdaB: 0.005,
    normDecay: 0.005,
    lambdaH: 0.005 / 50,
    weightDecay: 0,
    schedule: "decay-ramp",
  });
  expect(of({ ...bn, regularizer: "decay", lambdaB: 0 })).toMatchObject({ lambdaB: 0, weightDecay: 0.005 });
  expect(() => of({ regularizer: "effective" })).toThrow("decay: expected all for mlp");
});

test("every network of the record is offered, and no other", () => {
  expect(offered.networkNames).toEqual(networkNames);
});

test("what is refused before anything is loaded", () => {
  const ten = { ...state, kA: 5, kB: 5 };
  expect(refused(ten, null)).toBeNull();
  expect(refused({ ...ten, nA: 1e6 }, null)).toMatch(/at most 20000 in all/);
  expect(refused({ ...ten, batch: 130 }, null)).toMatch(/^batch: at most the 125 images/);
  expect(refused({ ...ten, kA: 0 }, null)).toMatch(/^kA: /);
  // Of the glyphs there are ten classes; dropped files say theirs.
  expect(glyphClasses).toBe(glyphClassNames.length);
  expect(refused(state, null)).toBe(
    "k_A + k_B: expected 10 classes, one a glyph, got 4; set k_A + k_B = 10 in tab Theory, or drop IDX files of your own",
  );
  const files = (perClass: number[]) => ({ images: { name: "x" }, labels: { name: "y" }, data: glyphs(1, 0, "train"), perClass });
  expect(refused(state, files([20, 20, 5, 5]))).toBeNull();
  expect(refused(state, files([20, 20, 20]))).toBe(
    "k_A + k_B: expected 3 classes, as many as y has, got 4; set k_A + k_B = 3 in tab Theory",
  );
  expect(refused(state, files([20, 19, 20, 20]))).toBe("n_A: expected at most 19 images, as many as class 1 of y has, got 20");
  expect(refused(state, files([20, 20, 20, 4]))).toBe("n_B: expected at most 4 images, as many as class 3 of y has, got 5");
});

test("pictures as plain data: Z beside its prediction, curves, the minority with lambda_Z moved on the way", () => {
  const at = after(begun, ready, goal, epoch(1), { ...goal, lambdaZ: 0.03 }, epoch(2));
  expect(at.moved).toEqual([{ epoch: 1, lambdaZ: 0.03 }]);
  const z = zOf(at);
  expect(z?.groups[0].title).toBe("λ_Z = 0.03, epoch 2");
  expect(z?.groups[0].matrices).toEqual([prediction.Z, metrics(2).Z]);
  expect(z?.groups[0].clusters).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(collapseOf(at, "nc1")?.runs[0].points).toEqual([
    { epoch: 1, value: 1 },
    { epoch: 2, value: 0.5 },
  ]);
  const apart = Math.hypot(...prediction.Z.map((row) => row[2] - row[3]));
  const separations = separationsOf(at);
  expect(separations?.runs.map(({ label }) => label)).toEqual(["measured", "predicted"]);
  expect(separations?.runs[0].points.map(({ value }) => value)).toEqual([
    expect.closeTo(2 * apart, 10),
    expect.closeTo(1.5 * apart, 10),
  ]);
  expect(separations?.runs[1].points[1].value).toBeCloseTo(apart, 10);
  const alone = after(begun, ready, { ...goal, goal: null, why: "nobody knows" }, epoch(1));
  expect(unpredictedText(alone)).toBe("No prediction: nobody knows.");
  expect(zOf(alone)?.rows).toEqual(["measured Z"]);
  // In a wide picture the two stand beside one another, in a narrow one as they were.
  const two = zOf(at) as HeatMapData;
  expect(fitted(two, wide - 1)).toBe(two);
  expect(fitted(two, wide).groups.map(({ title, matrices }) => ({ title, matrices }))).toEqual([
    { title: "predicted Z*", matrices: [two.groups[0].matrices[0]] },
    { title: "measured Z", matrices: [two.groups[0].matrices[1]] },
  ]);
  expect(fitted(two, wide).rows).toEqual([two.groups[0].title]);
  const one = zOf(alone) as HeatMapData;
  expect(fitted(one, wide)).toBe(one);
  expect(separationsOf(alone)?.runs).toHaveLength(1);
  expect([zOf(untrained), collapseOf(untrained, "nc1"), separationsOf(untrained)]).toEqual([null, null, null]);
});

test("what is saved is a run that tab Runs reads, bias or none", () => {
  for (const lambdaB of [0.02, Number.POSITIVE_INFINITY]) {
    const asked: TrainQuestion = { ...question, lambdaB };
    const own = { ...goal, settings: settingsOf(asked, 0.02, "wasm") };
    const at = after({ kind: "begun", question: asked }, ready, own, epoch(1), epoch(2), done);
    const { items, problems } = readItems([{ path: "t.json", text: toJson(savedTraining(at)) }]);
    expect(problems).toEqual([]);
    expect(items[0]).toMatchObject({ kind: "run", status: "done", at: "settings", counts: [20, 20, 5, 5], problem: { lambdaB } });
    expect(items[0].lines.map(({ nc1, error }) => [nc1, error])).toEqual([
      [1, 1],
      [0.5, 0.5],
    ]);
  }
});

test("counts are typed as in tab Your data: a class alone by its count", () => {
  const alone = questionOf({ ...state, kA: 1 }, null);
  expect(commandOf(alone)).toContain("--counts 20,2x5 ");
  expect(problemText(alone)).toMatch(/^20 and 2 × 5, 30 images/);
});

test("two dropped files are images and labels by their names, whichever comes first; anything else is refused", async () => {
  const file = (name: string, bytes: Uint8Array): File => new File([bytes as Uint8Array<ArrayBuffer>], name);
  const pixels = encodeIdx(
    [5, 1, 2],
    Uint8Array.from({ length: 10 }, (_, i) => i),
  );
  const images = file("train-images-idx3-ubyte.gz", gzipSync(pixels));
  const labels = file("train-labels-idx1-ubyte", encodeIdx([5], Uint8Array.of(0, 2, 0, 1, 0)));
  for (const dropped of [
    [images, labels],
    [labels, images],
  ]) {
    const pair = await pairOf(dropped);
    expect(pair).toMatchObject({ images: { name: images.name }, labels: { name: labels.name }, perClass: [3, 1, 1] });
    expect(pair.data).toMatchObject({ count: 5, height: 1, width: 2, classes: 3 });
    // How many classes they have is said as they are dropped.
    expect(droppedText(pair)).toBe(
      "Images: train-images-idx3-ubyte.gz, labels: train-labels-idx1-ubyte: 3 classes of 1 to 3 images. They stay on this machine.",
    );
  }
  expect((await pairOf([file("a", pixels), file("t10k.IDX1", encodeIdx([5], new Uint8Array(5)))])).labels.name).toBe("t10k.IDX1");
  // What is wrong with them too.
  await expect(pairOf([file("a", pixels), file("labels", encodeIdx([4], new Uint8Array(4)))])).rejects.toThrow(
    "labels: number of labels: expected 5, as many as a has images, got 4",
  );
  await expect(pairOf([file("a.gz", gzipSync(pixels).subarray(0, 20)), labels])).rejects.toThrow(
    /^a\.gz: expected a whole gzip file/,
  );
  for (const wrong of [
    [],
    [images],
    [images, file("b", pixels)],
    [labels, file("labels", pixels)],
    [images, labels, file("c", pixels)],
  ])
    await expect(pairOf(wrong)).rejects.toThrow(
      `files: expected one of images and one of labels (its name says labels or idx1), got ${wrong.map(({ name }) => name).join(", ")}`,
    );
});

test("what was not brought to its end is saved as such, with what it failed of", () => {
  const paused: TrainHappening[] = [{ kind: "pause" }, { kind: "paused", epoch: 1 }];
  const failed: TrainHappening[] = [{ kind: "failed", message: "diverged" }];
  for (const [end, status, error] of [
    [[], "running", null],
    [paused, "running", null],
    // What a drop of wrong files says is no end of the training.
    [[{ kind: "refused", message: "files: expected" }], "running", null],
    [failed, "failed", "diverged"],
    [[done], "done", null],
  ] as [TrainHappening[], string, string | null][]) {
    const at = after(begun, ready, goal, epoch(1), ...end);
    expect(savedTraining(at)).toMatchObject({ status, error });
    expect(readItems([{ path: "t.json", text: toJson(savedTraining(at)) }]).items[0].status).toBe(status);
  }
});

test("lambda_Z is where it counts: an epoch's line, and a training that ended before a move did", () => {
  const moved: TrainHappening = { kind: "lambda", lambdaZ: 0.05 };
  // Moved before the worker's first word: it begins there.
  const at = after(begun, moved, ready, { ...goal, lambdaZ: 0.05 }, epoch(1));
  expect([at.lambdaZ, at.epochs[0].lambdaZ, at.moved]).toEqual([0.05, 0.05, []]);
  expect(after(begun, ready, goal, epoch(1), moved).lambdaZ).toBe(0.05);
  for (const end of [done, { kind: "failed", message: "diverged" }] as const)
    expect(problemWords(after(begun, ready, goal, epoch(1), moved, end), question).text).toContain("λ_Z = 0.02,");
  expect(after(begun, moved, { kind: "failed", message: "no" }).lambdaZ).toBe(0.05);
});

test("what is told before the worker listens is told when it does, after the start and in its order", () => {
  const workers: { onmessage?(event: unknown): void; told: unknown[]; ended: boolean }[] = [];
  class FakeWorker {
    told: unknown[] = [];
    ended = false;
    constructor() {
      workers.push(this);
    }
    postMessage(message: unknown): void {
      this.told.push(message);
    }
    terminate(): void {
      this.ended = true;
    }
  }
  vi.stubGlobal("Worker", FakeWorker);
  try {
    const heard: unknown[] = [];
    const trainer = startTrainer((message) => heard.push(message));
    trainer.tell({ kind: "pause" });
    trainer.start(question, true);
    trainer.tell({ kind: "lambda", lambdaZ: 1 });
    trainer.tell({ kind: "pause" });
    expect(workers[0].told).toEqual([]);
    workers[0].onmessage?.({ data: { kind: "loaded" } });
    const start = { kind: "start", question };
    expect(workers[0].told).toEqual([start, { kind: "step" }, { kind: "lambda", lambdaZ: 1 }, { kind: "pause" }]);
    trainer.tell({ kind: "go" });
    expect(workers[0].told.at(-1)).toEqual({ kind: "go" });
    // Another training hears nothing of what the one before it was told.
    trainer.start(question, false);
    trainer.tell({ kind: "lambda", lambdaZ: 2 });
    trainer.start(question, false);
    for (const { onmessage } of workers) onmessage?.({ data: { kind: "loaded" } });
    expect(workers.map(({ ended }) => ended)).toEqual([true, true, false]);
    expect(workers[2].told).toEqual([start]);
    expect(heard).toEqual([]);
  } finally {
    vi.unstubAllGlobals();
  }
});

test("pictures are drawn one a frame, each the newest", () => {
  const frames: (() => void)[] = [];
  const drawn: string[] = [];
  const later = paced((draw) => frames.push(draw));
  const frame = (): void => frames.shift()?.();
  for (const name of ["a", "b", "a"]) later(name, () => drawn.push(`${name}${drawn.length}`));
  expect(frames).toHaveLength(1);
  frame();
  later("b", () => drawn.push("b newest"));
  frame();
  frame();
  expect(drawn).toEqual(["a0", "b newest"]);
  expect(frames).toEqual([]);
  later("c", () => drawn.push("c"));
  frame();
  expect(drawn.at(-1)).toBe("c");
});
