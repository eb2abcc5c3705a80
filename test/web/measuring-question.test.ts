import { describe, expect, test } from "vitest";
import type { Listing } from "../../src/inputs/index.ts";
import type { Found } from "../../web/measuring/messages.ts";
import { askedOf, type Choice, commandOf, headless, lacking, usualChoice } from "../../web/measuring/question.ts";
import { type FileRole, rolesOf } from "../../web/measuring/roles.ts";
import { belongsToOthers, type MeasuringState, namesAfter, noFiles, stateAfter } from "../../web/measuring/state.ts";
import { documentOfMeasured, saidOf, shareOf } from "../../web/measuring/words.ts";

type Arrays = Record<string, { shape: number[]; type?: string; role?: Listing["arrays"][number]["role"] }>;
const file = (name: string, arrays: Arrays): Found => ({
  name,
  error: null,
  listing: {
    file: name,
    kind: "npz",
    columns: null,
    arrays: Object.entries(arrays).map(([array, { shape, type = "f4", role = null }]) => ({
      name: array,
      shape,
      type,
      role,
      part: false,
    })),
    heads: [],
    skipped: [],
    unclear: [],
  },
});
const text = (name: string): Found => ({ name, listing: null, error: null });
const all = file("all.npz", {
  features: { shape: [60, 5], role: "features" },
  labels: { shape: [60], type: "i8", role: "labels" },
  weight: { shape: [3, 5], role: "weight" },
});
const features = file("H.npy", { "": { shape: [60, 5], role: "features" } });
const weight = file("last.npy", { "": { shape: [3, 5], role: "features" } });
const labels = file("y.npy", { "": { shape: [60], type: "i8", role: "labels" } });
const network = file("net.pt", { "body.weight": { shape: [5, 7] }, "fc.weight": { shape: [3, 5], role: "weight" } });

describe("what each file is for", () => {
  test.each<[string, Found[], FileRole[]]>([
    ["all in one", [all], ["features"]],
    ["one file each, by shapes", [features, labels, weight], ["features", "labels", "weight"]],
    ["a checkpoint and a text", [features, text("y.csv"), network], ["features", "labels", "weight"]],
    [
      "a series",
      [file("ep1.npy", { "": { shape: [60, 5] } }), file("ep2.npy", { "": { shape: [60, 5] } })],
      ["features", "features"],
    ],
    ["labels as floats, by the name", [features, file("labels.npy", { "": { shape: [60] } })], ["features", "labels"]],
    ["labels one-hot, by the name", [features, file("y_onehot.npy", { "": { shape: [60, 3] } })], ["features", "labels"]],
    ["a square head, by the name", [features, file("W.npy", { "": { shape: [60, 5] } })], ["features", "weight"]],
    ["a bias", [features, file("head_bias.npy", { "": { shape: [3] } })], ["features", "bias"]],
    ["numbers of no name", [features, file("three.npy", { "": { shape: [3] } })], ["features", "bias"]],
    ["one that could not be read", [{ name: "x.npz", listing: null, error: "damaged" }], ["nothing"]],
    [
      "a damaged one of a series",
      [
        { ...features, name: "a" },
        { ...features, name: "b" },
        { name: "x.npz", listing: null, error: "damaged" },
      ],
      ["features", "features", "features"],
    ],
    ["nothing of use", [file("x.npz", { step: { shape: [] } })], ["nothing"]],
  ])("%s", (_, found, roles) => {
    expect(Object.values(rolesOf(found))).toEqual(roles);
  });
});

const chosen = (found: Found[], change: Partial<Choice> = {}): Choice => ({ ...usualChoice, roles: rolesOf(found), ...change });

describe("what is lacking is said with the way out", () => {
  test.each<[string, Found[], Partial<Choice>, RegExp | null]>([
    ["nothing", [all], {}, null],
    ["nothing, in three files", [features, labels, network], {}, null],
    ["features", [labels], {}, /^No features are known: drop the file/],
    ["labels", [features], {}, /^H\.npy has no labels: drop a file of them too/],
    ["labels that are picked", [features], { keys: { labels: "t" } }, null],
    [
      "a name for features",
      [file("a.npz", { p: { shape: [9, 2] }, q: { shape: [9, 3] } }), labels],
      {},
      /^No array of a\.npz is named like/,
    ],
  ])("%s", (_, found, change, message) => {
    const said = lacking(found, chosen(found, change));
    if (message === null) expect(said).toBeNull();
    else expect(said).toMatch(message);
  });

  test("a head is no need", () => {
    expect(headless([features, labels], chosen([features, labels]))).toMatch(/^Without the last layer/);
    for (const [found, change] of [
      [[all], {}],
      [[features, labels, network], {}],
      [[features, labels], { head: "none" as const }],
    ] as const)
      expect(headless(found, chosen([...found], change))).toBeNull();
  });
});

test("a choice as the command line says it", () => {
  const found = [features, text("my labels.csv"), network];
  const compare = { ...usualChoice.compare, at: "lambdas" as const, lambdaB: Number.POSITIVE_INFINITY, nonnegative: true };
  expect(commandOf(chosen(found))).toBe(
    "nclab measure H.npy --labels 'my labels.csv' --head-weight net.pt --picture means --json",
  );
  const full = chosen(found, { compare, head: "cosine", scale: 30, ignore: " 255 ", keys: { weight: "fc.weight" }, umap: true });
  expect(commandOf(full)).toBe(
    "nclab measure H.npy --labels 'my labels.csv' --head-weight net.pt --head cosine --scale 30 --ignore-label 255 --keys weight=fc.weight --lambda-z 0.0027 --lambda-b inf --nonnegative --picture umap --json",
  );
  expect(askedOf(full)).toEqual({
    features: ["H.npy"],
    places: {
      keys: { weight: "fc.weight" },
      headless: false,
      labels: "my labels.csv",
      weight: "net.pt",
      ignore: "255",
      cosine: { scale: 30 },
    },
    comparison: { lambdaZ: 0.0027, lambdaB: Number.POSITIVE_INFINITY, nonnegative: true },
    umap: true,
  });
  const decay = (at: "weight-decay" | "effective"): string =>
    commandOf(chosen([all], { compare: { ...usualChoice.compare, at, ends: "batch-norm-relu", weightDecay: 0.01 } }));
  expect(decay("weight-decay")).toContain("--weight-decay 0.01 --ends batch-norm-relu");
  expect(decay("effective")).toContain("--weight-decay 0.01 --compare-effective");
  expect(commandOf(chosen([all], { head: "none", roles: { "all.npz": "features", "W.npy": "weight" } }))).not.toContain("W.npy");
});

describe("the state of a measurement", () => {
  const document = { file: "all.npz" } as never;
  const states = (...happenings: Parameters<typeof stateAfter>[1][]): MeasuringState => happenings.reduce(stateAfter, noFiles);
  const given = { kind: "given" as const, names: ["all.npz"] };
  const listed = { kind: "listed" as const, found: [all] };
  const measured = { kind: "measured" as const, documents: [document], failed: [], seconds: 1.26 };

  test("what lacks nothing is measured at once", () => {
    const table = [
      [states(), "nothing", ""],
      [states(given), "listing", "Looking into 1 file …"],
      [states(given, listed), "measuring", "Measuring …"],
      [
        states(given, listed, { kind: "progress", file: "all.npz", stage: "second pass", share: 0.5 }),
        "measuring",
        "Measuring all.npz: second pass …",
      ],
      [states(given, listed, measured), "measured", "Measured all.npz in 1.3 s."],
      [states(given, listed, { kind: "stopped" }), "waiting", "Ready to be measured."],
      [states(given, listed, { kind: "stopped" }, { kind: "asked" }), "measuring", "Measuring …"],
      [states(given, listed, measured, { kind: "chosen", change: { ignore: "1" } }), "waiting", "Ready to be measured."],
      [
        states(given, listed, { kind: "failed", message: "damaged" }),
        "waiting",
        "Could not be measured: nothing was added below.",
      ],
      // As soon as something is changed it may go well.
      [
        states(given, listed, { kind: "failed", message: "damaged" }, { kind: "chosen", change: { ignore: "-1" } }),
        "waiting",
        "Ready to be measured.",
      ],
      [
        states({ kind: "given", names: ["a", "b"] }, { kind: "failed", message: "damaged" }),
        "waiting",
        "Could not be measured: nothing was added below.",
      ],
      [states(given, { kind: "listed", found: [features] }), "waiting", "Not measured yet."],
      [states(given, { kind: "listed", found: [features] }, { kind: "asked" }), "waiting", "Not measured yet."],
      [states(given, listed, measured, { kind: "cleared" }), "nothing", ""],
    ] as const;
    for (const [state, phase, words] of table) expect([state.phase.is, saidOf(state)]).toEqual([phase, words]);
    expect(states(given, listed, { kind: "failed", message: "damaged" }).error).toBe("damaged");
  });

  test("a file keeps what it was said to be for, and picked arrays go with their files", () => {
    const said = states(
      given,
      { kind: "listed", found: [features, labels] },
      { kind: "chosen", change: { roles: { "H.npy": "labels", "y.npy": "nothing" }, keys: { labels: "t" } } },
    );
    const more = stateAfter(stateAfter(said, { kind: "given", names: ["H.npy", "y.npy", "net.pt"] }), {
      kind: "listed",
      found: [features, labels, network],
    });
    expect(more.choice).toMatchObject({
      roles: { "H.npy": "labels", "y.npy": "nothing", "net.pt": "weight" },
      keys: { labels: "t" },
    });
    const next = stateAfter(stateAfter({ ...said, phase: { ...measured, is: "measured" } }, given), listed);
    expect(next.choice.keys).toEqual({});
  });

  test("files that are looked into are listed, whatever is chosen meanwhile; stopped or failed, those before are there again", () => {
    const waits = states({ kind: "given", names: ["H.npy"] }, { kind: "listed", found: [features] });
    const more = { kind: "given" as const, names: ["H.npy", "y.npy", "net.pt"] };
    const both = { kind: "listed" as const, found: [features, labels, network] };
    const chosenMeanwhile = [more, { kind: "chosen", change: { ignore: "7" } }] as Parameters<typeof stateAfter>[1][];
    const from = (...happenings: Parameters<typeof stateAfter>[1][]): MeasuringState => happenings.reduce(stateAfter, waits);
    expect(from(...chosenMeanwhile).phase.is).toBe("listing");
    const then = from(...chosenMeanwhile, both);
    expect([then.phase.is, then.choice.ignore, then.found.length]).toEqual(["measuring", "7", 3]);
    for (const end of [{ kind: "stopped" }, { kind: "failed", message: "no" }] as const) {
      const back = from(more, end);
      expect([back.phase.is, back.names, back.found]).toEqual(["waiting", ["H.npy"], [features]]);
      // What is dropped next is listed with what is there.
      expect(namesAfter(back, ["y.npy"])).toEqual(["H.npy", "y.npy"]);
      // Stopped while it is measured, everything stays.
      expect(from(more, both, end).names).toEqual(more.names);
    }
    // The first files, of which nothing is known.
    expect(states(given, { kind: "stopped" })).toMatchObject({ names: [], phase: { is: "nothing" } });
    expect(states(given, { kind: "failed", message: "no" })).toMatchObject({ names: [], phase: { is: "waiting" }, error: "no" });
    // Picked arrays are there again with the files that they are of.
    const picked = from(more, both, { kind: "chosen", change: { keys: { labels: "t" } } });
    const measuredOnce = stateAfter({ ...picked, phase: { ...measured, is: "measured" } }, { kind: "given", names: ["x.npz"] });
    expect(stateAfter(measuredOnce, { kind: "stopped" }).choice.keys).toEqual({ labels: "t" });
  });

  test("what is dropped goes to what waits, and to what was measured where it has no features", () => {
    expect(namesAfter(states(given, { kind: "listed", found: [features] }), ["y.npy"])).toEqual(["all.npz", "y.npy"]);
    expect(namesAfter(states(given, listed, measured), ["y.npy"])).toEqual(["y.npy"]);
    const of = (found: Found): MeasuringState =>
      states({ kind: "given", names: [found.name] }, { kind: "listed", found: [found] });
    expect([labels, network, all].map((one) => belongsToOthers(of(one)))).toEqual([true, true, false]);
  });

  test("how far it is, over several files", () => {
    const two = states(
      { kind: "given", names: ["a", "b"] },
      {
        kind: "listed",
        found: [
          { ...all, name: "a" },
          { ...all, name: "b" },
        ],
      },
    );
    const at = (name: string, stage: string, share: number): number | null =>
      shareOf(stateAfter(two, { kind: "progress", file: name, stage, share }));
    const shares = [
      shareOf(two),
      at("a", "first pass", 1),
      at("a", "second pass", 1),
      at("b", "first pass", 0),
      at("b", "layout by UMAP", 1),
    ];
    expect(shares).toEqual([...shares].sort((x, y) => (x ?? 0) - (y ?? 0)));
    expect(shares[0]).toBe(0);
    expect(shares[3]).toBe(0.5);
    expect(shares[4]).toBe(1);
    expect(shareOf(states(given))).toBeNull();
  });

  test("the document: of one file, or of several", () => {
    expect(documentOfMeasured({ documents: [document], failed: [] })).toBe(document);
    const failed = [{ file: "x", error: "damaged" }];
    expect(documentOfMeasured({ documents: [document], failed })).toEqual({
      schema: "nclab.measurements/1",
      measurements: [document],
      failed,
    });
  });
});
