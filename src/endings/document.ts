import { bare, type CheckpointEnding } from "./ends.ts";
import type { DecayInFile } from "./optimizer.ts";
import { type DecayLook, decayLook, decayRule, type Sizes } from "./sizes.ts";

/** The document that `nclab ends --json` prints. */
export interface EndsDocument {
  schema: "nclab.ends/1";
  file: string;
  architecture: CheckpointEnding["architecture"];
  ends: CheckpointEnding["ends"];
  activation: CheckpointEnding["activation"];
  pooledAfter: boolean;
  evidence: CheckpointEnding["evidence"];
  head: CheckpointEnding["head"];
  /** A part that gives another number of features than the head takes; null where all fits. */
  misfit: CheckpointEnding["misfit"];
  /** Section of theory.md. */
  section: CheckpointEnding["section"];
  /** J: 1 where no batch-normalized branches are summed; else mean |h|^2 / |W|^2 where features were given, null where not. */
  branches: number | null;
  /** J is at most this: by the sizes of the branches' scale and shift where they are there, else by their number. */
  branchesAtMost: number;
  /** d. */
  width: number;
  /** Null where no normalization stands before the head. */
  decay: (DecayLook & { rule: string }) | null;
  /** The weight decay that the file keeps, where it is one and may be a term of the loss, and its name there; else null. */
  weightDecay: { value: number; from: string } | null;
  /** The command to run next. */
  next: string;
  notes: string[];
}

/** What else is known of the network. */
export interface Told {
  /** J by balancedness at one decay of all, null where no features were given or none applies; the most that the sizes of the branches allow; whether J is in that range, or not known. */
  branches: { J: number | null; atMost: number; within: boolean };
  /** Why `nclab predict` would refuse the head of a network that ends in layer normalization; null: it would not. */
  predictRefuses: string | null;
  /** How the head was found: by its name, by the order of the file, or as `--keys` says. */
  headBy: "name" | "order" | "keys";
  /** The index behind its name that takes one of stacked heads (`[0]`); "": none. */
  headIndex: string;
  /** What the optimizer in the file says. */
  weightDecay: DecayInFile | null;
}

/** What to say of an ending. `sizes`: of its normalizations and the head. */
export function endsDocument(file: string, ending: CheckpointEnding, sizes: Sizes, told: Told): EndsDocument {
  const decay = ending.norms.length > 0 && !bare(ending.norms) ? { ...decayLook(sizes), rule: decayRule } : null;
  return {
    schema: "nclab.ends/1",
    file,
    architecture: ending.architecture,
    ends: ending.ends,
    activation: ending.activation,
    pooledAfter: ending.pooledAfter,
    evidence: ending.evidence,
    head: ending.head,
    misfit: ending.misfit,
    section: ending.section,
    branches: ending.mostBranches > 1 ? told.branches.J : 1,
    branchesAtMost: told.branches.atMost,
    width: ending.head.width,
    decay,
    weightDecay: onlyDecay(told),
    next: nextCommand(file, ending, told),
    notes: [
      ...headNotes(ending, told),
      ...visibilityNotes(ending),
      ...sectionNotes(ending, told),
      ...branchNotes(ending, told),
      ...widthNotes(ending, told),
      ...decayNotes(decay),
      ...(ending.section === null ? [] : optimizerNotes(told)),
    ],
  };
}

/** The one weight decay of the file, if it is a term of the loss. */
function onlyDecay({ weightDecay }: Told): EndsDocument["weightDecay"] {
  if (weightDecay === null || weightDecay.kind !== "gradient") return null;
  const { values, from } = weightDecay;
  return values.length === 1 && values[0] > 0 ? { value: values[0], from } : null;
}

function optimizerNotes(told: Told): string[] {
  const { weightDecay } = told;
  if (weightDecay === null) return [];
  const { values, from, kind } = weightDecay;
  if (kind === "decoupled")
    return [
      `the optimizer in the file is AdamW (${from} = ${values.join(", ")}), whose decay is no term of the loss: section 9.5, not covered`,
    ];
  if (values.length > 1)
    return [
      `the file has several weight decays (${values.join(", ")}; ${from}, ...): X is the head's, and where scale and shift have another it is --norm-weight-decay`,
    ];
  if (!(values[0] > 0)) return [`${from} of the file is ${values[0]}: without a weight decay there is no minimum`];
  if (kind === "untold")
    return [
      `${from} of the file is ${values[0]}, which is X if the optimizer was SGD or Adam; of AdamW it is no term of the loss (section 9.5), and the file does not say which it was`,
    ];
  return [`the weight decay ${values[0]} is ${from} of the file`];
}

function nextCommand(file: string, { ends, section, head, mostBranches: most }: CheckpointEnding, told: Told): string {
  const {
    branches: { J },
    predictRefuses,
    headBy,
    headIndex,
  } = told;
  const keys = headBy === "name" ? "" : ` --keys ${quoted(`weight=${head.name}${headIndex}`)}`;
  const measure = `nclab measure --features FEATURES --labels LABELS --head-weight ${quoted(file)}${keys}`;
  const X = onlyDecay(told)?.value ?? "X";
  if (section === "9.3") return `${measure} --hidden HIDDEN --weight-decay ${X}`;
  if (section === "9.4" && predictRefuses === null)
    return `nclab predict --counts COUNTS --weight-decay ${X} --ends layer-norm --width ${head.width}`;
  if (section !== "9.1" && section !== "9.2") return measure;
  const split = most > 1 ? ` --branches ${J !== null && J >= 1 ? Number(J.toPrecision(3)) : "J"}` : "";
  return `${measure} --weight-decay ${X} --ends ${ends}${split}`;
}

const quoted = (file: string): string => (/^[\w./+=-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`);

function headNotes({ head }: CheckpointEnding, { headBy }: Told): string[] {
  return [
    ...(headBy === "order"
      ? [`${head.name} was taken for the head as the last module of the file, a dense layer; --keys weight=NAME names another`]
      : []),
    // nclab measure knows that head; what predicts from counts has to be told.
    ...(head.classes === 1
      ? [
          "one logit is a head of two classes under the decay 2X: nclab measure takes X as that, nclab predict is told --weight-decay 2X --norm-weight-decay X --bias-weight-decay 2X",
        ]
      : []),
  ];
}

/** What a checkpoint does not show. */
function visibilityNotes({ ends, activation, architecture, section, misfit, head }: CheckpointEnding): string[] {
  const notes: string[] = [];
  if (misfit)
    notes.push(
      `${misfitText(head.width, misfit)}: head and body are of two networks, or something between them makes more or fewer of them (places of an image side by side, two kinds of pooling, a layer): look into the model's forward`,
    );
  else if (ends === "unknown")
    notes.push(
      "nothing in the names and shapes says what stands before the head: look into the model's forward (docs/weight-decay.md lists what to look for)",
    );
  else if (architecture === null)
    notes.push(
      "told by the order of the arrays or their sizes alone, as the names are of no architecture known here: check it in the model's forward",
    );
  if (activation === "not visible" && ends !== "unknown")
    notes.push(
      ends === "batch-norm"
        ? "an activation is not visible in a checkpoint: if a ReLU follows, it is --ends batch-norm-relu"
        : "an activation is not visible in a checkpoint: look into the model's forward for one before the head",
    );
  // A known architecture with layer normalization of its own has a section; a residual network has none of its own.
  if (ends.startsWith("layer-norm") && (architecture === null || section === null))
    notes.push(
      "a group normalization looks the same in a checkpoint; section 9.4 is about layer normalization, one mean and variance a sample",
    );
  if (architecture === null && ends.startsWith("batch-norm"))
    notes.push("if its output is added to a shortcut, the features are a sum of branches (section 9.2)");
  return notes;
}

const misfitText = (width: number, misfit: { place: string; width: number }): string =>
  `the head takes ${width} features, ${/^\d+$/.test(misfit.place) ? `module ${misfit.place}` : misfit.place} gives ${misfit.width}`;

/** How far the section is about this network, or why none is. */
function sectionNotes({ ends, activation, pooledAfter, section, norms }: CheckpointEnding, { weightDecay }: Told): string[] {
  const notes: string[] = [];
  const follows = activation !== "none" && activation !== "not visible";
  if (bare(norms))
    notes.push(
      "the normalization has neither scale nor shift (affine=False), so the size of the features is fixed and nothing of it decays: no section covers that",
    );
  if (ends.startsWith("batch-norm") && (activation === "silu" || activation === "hardswish"))
    notes.push(
      `${activation} follows, which gives small negative values: neither free nor nonnegative features; batch-norm-relu is the nearer model, with no theorem behind it`,
    );
  if (ends.startsWith("layer-norm") && follows)
    notes.push(`where a ${named(activation)} after layer normalization leads is open: no model of it is known here`);
  if (ends.startsWith("layer-norm") && norms.length > 1)
    notes.push(`the features are made of ${norms.length} normalizations: section 9.4 is about one`);
  if (ends === "none" && section === null && follows)
    notes.push(
      `a ${named(activation)} follows the layer before the head: section 9.3 is about features that are linear in what a dense layer takes, so it is no prediction here and no bound`,
    );
  else if (ends === "none" && section === null)
    notes.push("the features come out of a convolution, without a normalization: no section covers it");
  if (section === "9.3" && activation === "not visible")
    notes.push(
      "section 9.3 is about features without an activation after the dense layer: behind one it is no prediction and no bound",
    );
  if (ends === "rms-norm")
    notes.push(
      "RMS normalization is layer normalization's model without its constraint on the mean, but without its shift too: --ends layer-norm is the nearest model, for unequal counts not the same",
    );
  if (pooledAfter && section !== null)
    notes.push(
      "features are means over places or tokens of what the normalization gives, which can only make them shorter: the section is exact where these are alike",
    );
  if ((section === "9.4" && weightDecay === null) || ends === "rms-norm")
    notes.push("such networks are mostly trained with AdamW, whose decay is no term of the loss: section 9.5, not covered");
  return notes;
}

const named = (activation: CheckpointEnding["activation"]): string => (activation === "relu" ? "ReLU" : activation);

function branchNotes({ mostBranches: most }: CheckpointEnding, { branches: { J, atMost, within } }: Told): string[] {
  if (most === 1) return [];
  const range = `J is between 1 and ${Number(atMost.toPrecision(3))}, which the sizes of the ${most} branches' scales and shifts allow (each channel of all of them aligned)`;
  if (J === null) return [`${range}; --features FILE tells it: J = mean |h|^2 / |W|^2 at the end of training`];
  if (within) return [range];
  return [
    range,
    `mean |h|^2 / |W|^2 = ${Number(J.toPrecision(3))} is outside that range: the network is not at its end, or head and normalizations decay differently`,
  ];
}

/** Where the features are too few for what the section says. Free features need K - 1 directions at most, nonnegative ones one a class. */
function widthNotes({ ends, section, head: { width, classes: K } }: CheckpointEnding, { predictRefuses }: Told): string[] {
  if (section === "9.4") return predictRefuses === null ? [] : [`nclab predict does not take it: ${predictRefuses}`];
  if (section === null) return [];
  const nonnegative = ends === "batch-norm-relu";
  // One logit is of two classes.
  const classes = Math.max(2, K);
  const [needed, words] = nonnegative ? [classes, "K"] : [classes - 1, "K - 1"];
  if (width >= needed) return [];
  return [
    `${width} features are fewer than ${words} = ${needed}, the most that the theory needs: where its answer has more directions than that, it is a lower bound of this network's`,
  ];
}

function decayNotes(decay: DecayLook | null): string[] {
  if (decay === null) return [];
  if (decay.looks === "spared")
    return [
      "scale and shift are far larger than the head: where a decay spares them there is no minimum, and logits grow for ever",
    ];
  if (decay.looks === "start")
    return ["every scale is 1 and every shift 0, as before training: this is no trained network, or one that kept them fixed"];
  return [];
}

/** The page for people. */
export function advice(m: EndsDocument): string {
  const number = (x: number): string => String(Number(x.toPrecision(4)));
  const words: Record<EndsDocument["ends"], string> = {
    "batch-norm": "batch normalization",
    "batch-norm-relu": "batch normalization and a ReLU",
    "layer-norm": "layer normalization",
    "layer-norm-relu": "layer normalization and a ReLU",
    "rms-norm": "RMS normalization",
    none: "a layer without normalization",
    unknown: "not told by names and shapes",
  };
  const said = m.activation === "none" || m.ends.endsWith("-relu") || m.misfit !== null;
  const activation = said ? "" : `, activation ${named(m.activation)}`;
  const before = m.misfit ? misfitText(m.width, m.misfit) : words[m.ends];
  return [
    `${m.file}: ${m.architecture ?? "an architecture not known here"}, ${m.head.classes === 1 ? "one logit" : `${m.head.classes} classes`}, ${m.width} features`,
    `before the head     ${before}${activation}${m.pooledAfter ? ", then a mean over places" : ""}`,
    `what applies        ${m.section === null ? "no section of the theory" : `theory.md, section ${m.section}`}`,
    ...(m.branchesAtMost > 1 || m.branches !== 1
      ? [
          `branches J          ${m.branches === null ? `1 to ${number(m.branchesAtMost)}` : `${number(m.branches)} (1 to ${number(m.branchesAtMost)})`}`,
        ]
      : []),
    ...(m.decay
      ? [
          `scale and shift     ${m.decay.looks}: (|gamma|^2 + |beta|^2) / |W|^2 = ${m.decay.ratio === null ? "-" : number(m.decay.ratio)}`,
        ]
      : []),
    ...m.evidence.map(
      ({ name, shape }, i) => `${i === 0 ? "told by             " : "                    "}${name} ${shape.join(" x ") || "()"}`,
    ),
    `run next            ${m.next}`,
    ...m.notes.map((note) => `note: ${note}`),
  ].join("\n");
}
