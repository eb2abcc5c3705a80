import { bare, type Ending } from "./ends.ts";
import { type DecayLook, decayLook, decayRule, mostBranches, type Sizes, withinBranches } from "./sizes.ts";

/** The document that `nclab ends --json` prints. */
export interface EndsDocument {
  schema: "nclab.ends/1";
  file: string;
  architecture: Ending["architecture"];
  ends: Ending["ends"];
  activation: Ending["activation"];
  pooledAfter: boolean;
  evidence: Ending["evidence"];
  head: Ending["head"];
  /** Section of theory.md. */
  section: Ending["section"];
  /** J: 1 without residual branches; with them mean |h|^2 / |W|^2 where features were given, else null. */
  branches: number | null;
  /** J is at most this: by the sizes of the branches' scale and shift where they are there, else by their number. */
  branchesAtMost: number;
  /** d. */
  width: number;
  /** Null where no normalization stands before the head. */
  decay: (DecayLook & { rule: string }) | null;
  /** The command to run next. */
  next: string;
  notes: string[];
}

/** What to say of an ending. `sizes`: of its normalizations and the head. `featureSquares`: mean |h|^2 over samples, null where no features were given. */
export function endsDocument(file: string, ending: Ending, sizes: Sizes, featureSquares: number | null): EndsDocument {
  const residual = ending.mostBranches > 1;
  const atMost = residual ? (mostBranches(sizes.norms) ?? ending.mostBranches) : 1;
  const measured = featureSquares !== null && sizes.headSquares > 0 ? featureSquares / sizes.headSquares : null;
  const branches = residual ? measured : 1;
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
    section: ending.section,
    branches,
    branchesAtMost: atMost,
    width: ending.head.width,
    decay,
    next: nextCommand(file, ending, branches),
    notes: [...notesOf(ending, measured, atMost), ...decayNotes(decay)],
  };
}

function nextCommand(file: string, { ends, head, norms, mostBranches: most }: Ending, branches: number | null): string {
  const measure = `nclab measure --features FEATURES --labels LABELS --head-weight ${quoted(file)}`;
  if (bare(norms)) return measure;
  if (ends === "none") return `${measure} --hidden HIDDEN --weight-decay X`;
  if (ends === "layer-norm") return `nclab predict --counts COUNTS --weight-decay X --ends layer-norm --width ${head.width}`;
  if (ends !== "batch-norm" && ends !== "batch-norm-relu") return measure;
  const split = most > 1 ? ` --branches ${branches !== null && branches >= 1 ? Number(branches.toPrecision(3)) : "J"}` : "";
  return `${measure} --weight-decay X --ends ${ends}${split}`;
}

const quoted = (file: string): string => (/^[\w./+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`);

function notesOf(ending: Ending, measured: number | null, atMost: number): string[] {
  const { ends, activation, pooledAfter, architecture, section, mostBranches: most, head } = ending;
  const notes: string[] = [];
  if (ends === "unknown")
    notes.push(
      "nothing in the names and shapes says what stands before the head: look into the model's forward (docs/weight-decay.md lists what to look for)",
    );
  else if (architecture === null)
    notes.push(
      "told by the order of the arrays or their sizes alone, as the names are of no architecture known here: check it in the model's forward",
    );
  if (bare(ending.norms))
    notes.push(
      "the normalization has neither scale nor shift (affine=False), so the size of the features is fixed and nothing of it decays: no section covers that",
    );
  if (activation === "not visible" && ends !== "unknown")
    notes.push(
      ends === "batch-norm"
        ? "an activation is not visible in a checkpoint: if a ReLU follows, it is --ends batch-norm-relu"
        : "an activation is not visible in a checkpoint: look into the model's forward for one before the head",
    );
  if (activation === "silu" || activation === "hardswish")
    notes.push(
      `${activation} follows, which gives small negative values: neither free nor nonnegative features; batch-norm-relu is the nearer model, with no theorem behind it`,
    );
  if (ends === "none" && section === null)
    notes.push("the features come out of a convolution, without a normalization: no section covers it");
  if (ends === "none" && activation === "relu")
    notes.push(
      "a ReLU follows the dense layer: the problem of section 9.3 has features of any sign, so it is a lower bound here and no prediction",
    );
  if (ends === "none" && activation === "tanh") notes.push("a tanh follows the dense layer, which section 9.3 does not know");
  if (ends === "rms-norm") notes.push("RMS normalization is open in section 9.4; what is measured says which geometry it took");
  if (pooledAfter && section !== null)
    notes.push(
      "features are means over places or tokens of what the normalization gives, which can only make them shorter: the section is exact where these are alike",
    );
  if (architecture === null && ends.startsWith("layer-norm"))
    notes.push(
      "a group normalization looks the same in a checkpoint; section 9.4 is about layer normalization, one mean and variance a sample",
    );
  if (architecture === null && ends.startsWith("batch-norm"))
    notes.push("if its output is added to a shortcut, the features are a sum of branches (section 9.2)");
  if (section === "9.4")
    notes.push("such networks are mostly trained with AdamW, whose decay is no term of the loss: section 9.5, not covered");
  if (most > 1) {
    const range = `J is between 1 and ${Number(atMost.toPrecision(3))}, which the sizes of the ${most} branches' scales and shifts allow (each channel of all of them aligned)`;
    notes.push(measured === null ? `${range}; --features FILE tells it: J = mean |h|^2 / |W|^2 at the end of training` : range);
    if (measured !== null && !withinBranches(measured, atMost))
      notes.push(
        `mean |h|^2 / |W|^2 = ${Number(measured.toPrecision(3))} is outside that range: the network is not at its end, or head and normalizations decay differently`,
      );
  }
  if (head.width < head.classes - 1)
    notes.push(`${head.width} features are fewer than K - 1 = ${head.classes - 1}: the theory needs as many`);
  return notes;
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
  const activation = m.activation === "none" || m.activation === "relu" ? "" : `, activation ${m.activation}`;
  return [
    `${m.file}: ${m.architecture ?? "an architecture not known here"}, ${m.head.classes} classes, ${m.width} features`,
    `before the head     ${words[m.ends]}${activation}${m.pooledAfter ? ", then a mean over places" : ""}`,
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
