import type { LossName } from "../../src/loss/index.ts";
import { curves, heatMaps } from "../../src/plots/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import { separationOf } from "../../src/words/index.ts";
import { commandLine } from "../controls/command-line.ts";
import { dial } from "../controls/dial.ts";
import { fileDrop } from "../controls/file-drop.ts";
import { lossOption } from "../controls/loss-choice.ts";
import { fill, h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { number } from "../numbers.ts";
import { counted } from "../prediction/words.ts";
import { rules } from "../rules.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { inputOf, parameters } from "../theory/parameters.ts";
import type { DroppedFile, EpochMessage, FromTraining, StartMessage, ToTraining } from "./messages.ts";

/** The third tab: a network trained in the page, held against the prediction at every epoch. */
const mostImages = 20_000;

export function trainTab(store: Store): HTMLElement {
  let worker: Worker | null = null;
  let running: "no" | "yes" | "paused" = "no";
  let files: { images: DroppedFile; labels: DroppedFile } | null = null;
  let goal: Pick<Prediction, "Z" | "clusters" | "problem"> | null = null;
  let question: StartMessage | null = null;
  /** Asked for before the worker listened: one epoch, then a pause. */
  let paused = false;
  let epochs: (EpochMessage & { separation: number | null; wanted: number | null })[] = [];

  const lambda = dial(
    { ...(parameters.find((p) => p.id === "lambdaZ") as (typeof parameters)[number]), id: "train-lambda-z" },
    (lambdaZ) => store.set({ lambdaZ }),
  );
  const fields = {
    epochs: dial({ id: "epochs", label: "epochs", from: 1, to: 1000, whole: true, refuse: rules.epochs }, (value) =>
      store.set({ epochs: value }),
    ),
    batch: dial({ id: "batch", label: "batch", from: 2, to: 512, whole: true, refuse: rules.batch }, (value) =>
      store.set({ batch: value }),
    ),
  };
  const seed = h("input", { type: "text", inputmode: "numeric", id: "seed", autocomplete: "off" });
  seed.addEventListener("change", () => {
    const value = Number(seed.value);
    if (rules.seed(value) === null) store.set({ seed: value });
    else show(store.get());
  });

  const problemText = h("p", { id: "train-problem" });
  const fileText = h("p", { class: "note" }, "Images: the built-in glyphs, ten characters of 28 × 28 pixels.");
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const status = h("p", { class: "verdict", id: "train-status", role: "status" }, "Not started.");
  const facts = h("div", { class: "facts" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "steps done" });
  const command = commandLine("The same on the command line (glyphs, λ_Z not moved, on WebAssembly)");
  const button = (id: string, label: string, action: () => void, primary = false): HTMLButtonElement => {
    const made = h("button", { type: "button", id, class: primary ? "primary" : undefined }, label);
    made.addEventListener("click", action);
    return made;
  };
  const tell = (message: ToTraining): void => worker?.postMessage(message);
  const start = button("train-start", "start", () => begin(store.get()), true);
  const pause = button("train-pause", "pause", () => {
    if (running === "paused") {
      running = "yes";
      tell({ kind: "go" });
    } else {
      fill(status, "Pausing after this epoch …");
      tell({ kind: "pause" });
    }
    buttons();
  });
  const step = button("train-step", "one epoch", () => {
    if (running === "no") {
      begin(store.get());
      paused = true;
    } else {
      running = "yes";
      tell({ kind: "step" });
    }
    buttons();
  });
  const reset = button("train-reset", "reset", () => {
    stop();
    epochs = [];
    goal = null;
    error.hidden = true;
    bar.value = 0;
    fill(status, "Not started.");
    fill(facts);
    for (const f of [heat, nc1, distance, separation]) f.say("Nothing is trained yet.");
  });
  const drop = fileDrop(
    "Drop two IDX files, images and labels (also .gz), to train on them instead",
    { multiple: true },
    async (dropped) => {
      try {
        files = await pairOf(dropped);
        error.hidden = true;
        fill(fileText, `Images: ${files.images.name}, labels: ${files.labels.name}. They stay on this machine.`);
      } catch (problem) {
        fail(problem as Error);
      }
    },
  );

  const heat = figure(
    "train-z",
    "Z, predicted and measured",
    "The measured Z is the head applied to the class means of the training features.",
  );
  const nc1 = figure(
    "nc1",
    "NC1",
    "Variation within classes against that between them (paper's weighting). 0 is neural collapse.",
  );
  const distance = figure("z-error", "Distance from the prediction", "|Z − Z*| / |Z*|, Frobenius norms.");
  const separation = figure(
    "train-separation",
    "Separation of the minority",
    "Largest distance between the mean predictions of two minority classes.",
  );

  const buttons = (): void => {
    start.disabled = running !== "no";
    pause.disabled = running === "no";
    pause.textContent = running === "paused" ? "continue" : "pause";
    step.disabled = running === "yes";
    for (const id of ["epochs", "batch"] as const)
      for (const input of fields[id].node.querySelectorAll("input")) input.disabled = running !== "no";
    seed.disabled = running !== "no";
  };
  const stop = (): void => {
    worker?.terminate();
    worker = null;
    running = "no";
    buttons();
  };
  const fail = (problem: Error): void => {
    error.hidden = false;
    fill(error, problem.message);
  };

  const begin = (state: State): void => {
    error.hidden = true;
    const why = refused(state);
    if (why !== null) {
      fail(new Error(why));
      return;
    }
    stop();
    epochs = [];
    worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromTraining>) => hear(data);
    worker.onerror = (event) => {
      stop();
      fail(new Error(`the training worker failed: ${event.message || "it could not be loaded"}`));
    };
    running = "yes";
    fill(status, "Loading the training code and drawing images …");
    question = { ...startOf(state), files };
    paused = false;
    buttons();
  };

  const hear = (message: FromTraining): void => {
    if (message.kind === "loaded") {
      if (question) tell(question);
      if (paused) tell({ kind: "step" });
    } else if (message.kind === "ready")
      fill(
        status,
        `Training on ${message.device === "webgpu" ? "WebGPU" : `WebAssembly, ${message.threads === 1 ? "one thread" : `${message.threads} threads`}`}; the first step compiles.`,
      );
    else if (message.kind === "goal") goal = message.prediction;
    else if (message.kind === "progress") {
      bar.max = message.steps;
      bar.value = message.step;
    } else if (message.kind === "epoch") {
      const minority = goal?.clusters.at(-1)?.classes ?? [];
      epochs.push({ ...message, separation: separationOf(message.Z, minority), wanted: goal && separationOf(goal.Z, minority) });
      fill(status, `Epoch ${message.epoch} of ${store.get().epochs}.`);
      draw();
    } else if (message.kind === "paused") {
      running = "paused";
      fill(status, `Paused after ${counted(message.epoch, "epoch", "epochs")}.`);
      buttons();
    } else if (message.kind === "done") {
      fill(status, `Done: ${counted(message.epoch, "epoch", "epochs")} in ${message.seconds.toFixed(1)} s.`);
      stop();
    } else {
      stop();
      fill(status, "Stopped.");
      fail(new Error(message.message));
    }
  };

  const draw = (): void => {
    const last = epochs.at(-1);
    if (!last || !goal) return;
    const { Z, clusters } = goal;
    const pair = (name: string, id: string, value: number | null): HTMLElement =>
      h("div", {}, h("dt", {}, name), h("dd", { id }, number(value)));
    const accuracies = last.trainAccuracy.filter((x) => x !== null);
    fill(
      facts,
      h(
        "dl",
        {},
        pair("error of Z", "train-error", last.error),
        pair("NC1 (paper)", "train-nc1", last.nc1),
        pair("objective", "train-objective", last.objective),
        pair("predicted minimum", "train-predicted", last.predictedObjective),
        pair("minority separation", "train-separation-now", last.separation),
        pair(
          "mean accuracy of classes",
          "train-accuracy",
          accuracies.reduce((a, b) => a + b, 0) / Math.max(1, accuracies.length),
        ),
      ),
    );
    heat.draw((width) =>
      heatMaps(
        {
          rows: ["predicted Z*", "measured Z"],
          groups: [{ title: `λ_Z = ${last.lambdaZ}, epoch ${last.epoch}`, matrices: [Z, last.Z] }],
          clusters: clusters.map((c) => c.classes),
        },
        { width },
      ),
    );
    const line = (label: string, key: "nc1" | "error" | "separation" | "wanted") => ({
      label,
      points: epochs.map((e) => ({ epoch: e.epoch, value: e[key] })),
    });
    nc1.draw((width) => curves({ yLabel: "NC1 (paper)", yScale: "log", runs: [line("measured", "nc1")] }, { width }));
    distance.draw((width) => curves({ yLabel: "|Z − Z*| / |Z*|", yScale: "log", runs: [line("measured", "error")] }, { width }));
    separation.draw((width) =>
      curves(
        {
          yLabel: "max |z_k − z_l| (logits)",
          yScale: "linear",
          runs: [line("measured", "separation"), line("predicted", "wanted")],
        },
        { width },
      ),
    );
  };

  const show = (state: State): void => {
    lambda.show(state.lambdaZ);
    fields.epochs.show(state.epochs);
    fields.batch.show(state.batch);
    if (document.activeElement !== seed) seed.value = String(state.seed);
    const { kA, nA, kB, nB, lambdaB, nonnegative, loss } = state;
    const bias = lambdaB === Number.POSITIVE_INFINITY ? "no bias" : `λ_b = ${lambdaB}`;
    const N = kA * nA + kB * nB;
    fill(
      problemText,
      `From the first tab: ${kA} × ${nA} and ${kB} × ${nB}, ${N} images, ${bias}, ${nonnegative ? "nonnegative" : "free"} features, loss ${loss}.`,
    );
    command.show(commandOf(state));
  };
  store.listen((state, before) => {
    if (state.tab !== "train") return;
    show(state);
    if (state.lambdaZ !== before.lambdaZ) tell({ kind: "lambda", lambdaZ: state.lambdaZ });
    if (state.tab !== before.tab) draw();
  });
  show(store.get());
  buttons();
  for (const f of [heat, nc1, distance, separation]) f.say("Nothing is trained yet.");

  return h(
    "div",
    { class: "train" },
    h(
      "div",
      { class: "dials", role: "group", "aria-label": "Training" },
      h("div", { class: "wide" }, problemText, h("div", { class: "buttons" }, start, pause, step, reset), bar),
      lambda.node,
      fields.epochs.node,
      fields.batch.node,
      h("div", { class: "dial" }, h("label", { for: "seed" }, "seed"), seed),
      h("div", { class: "wide" }, fileText, drop, command.node),
    ),
    h(
      "div",
      { class: "answer" },
      error,
      status,
      h(
        "p",
        { class: "note" },
        "A network (inputs–512–512–10) with the three penalties of the theory, λ_W = 10 λ_Z and λ_H = λ_Z/10, learning rate 0.1, 0.01, 0.001 in thirds of the epochs. λ_Z may be moved while it trains: it counts from the next epoch on.",
      ),
      facts,
      h("div", { class: "figures" }, heat.node, nc1.node, distance.node, separation.node),
    ),
  );
}

function startOf(state: State): Omit<StartMessage, "files"> {
  const { lambdaZ, lambdaB, nonnegative, epochs, batch, seed, backend } = state;
  const [counts, loss] = [[...inputOf(state).counts], state.loss as LossName];
  return { kind: "start", counts, lambdaZ, lambdaB, nonnegative, loss, epochs, batch, seed, backend };
}

function refused(state: State): string | null {
  for (const { id, refuse } of parameters) {
    const why = refuse(state[id]);
    if (why !== null) return `${id}: ${why}, got ${state[id]}`;
  }
  const N = state.kA * state.nA + state.kB * state.nB;
  if (N > mostImages)
    return `images: at most ${mostImages} in all are trained on in the page, got ${N}; nclab train has no such limit`;
  if (state.batch > N) return `batch: at most the ${N} images, got ${state.batch}`;
  return null;
}

function commandOf({ kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss, epochs, batch, seed }: State): string {
  return [
    "nclab train",
    `--counts ${kA}x${nA},${kB}x${nB}`,
    `--lambda-z ${lambdaZ}`,
    ...(lambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${lambdaB}`]),
    ...(nonnegative ? ["--features relu"] : []),
    ...lossOption(loss),
    `--dataset glyphs --epochs ${epochs} --batch ${batch} --seed ${seed} --backend wasm --out runs/explorer`,
  ].join(" ");
}

/** The two files by their names: idx1 or "labels" is the labels. */
async function pairOf(dropped: readonly File[]): Promise<{ images: DroppedFile; labels: DroppedFile }> {
  const isLabels = (file: File): boolean => /labels|idx1/i.test(file.name);
  const labels = dropped.find(isLabels);
  const images = dropped.find((file) => !isLabels(file));
  if (dropped.length !== 2 || !labels || !images)
    throw new Error(
      `files: expected one of images and one of labels (its name says labels or idx1), got ${dropped.map((f) => f.name).join(", ")}`,
    );
  const read = async (file: File): Promise<DroppedFile> => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  return { images: await read(images), labels: await read(labels) };
}
