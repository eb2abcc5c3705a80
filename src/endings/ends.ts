import { type Activation, type Found, type Misfit, whatEnds } from "./architectures.ts";
import { modulesOf, type Parameter } from "./modules.ts";
import { inside, unwrapped, wrapperOf } from "./names.ts";

/** What ends the features of a checkpoint's network, as far as names and shapes tell. */
export interface CheckpointEnding {
  /** By whose names it was told; null: by the order of the file, or by the only normalization that fits. */
  architecture: string | null;
  /** What the features come out of. `none`: a layer with weights; `unknown`: nothing says it. */
  ends: "batch-norm" | "batch-norm-relu" | "layer-norm" | "layer-norm-relu" | "rms-norm" | "none" | "unknown";
  /** What follows it before the head; not visible where the architecture is not known. */
  activation: Activation;
  /** Whether a mean over places or tokens follows. */
  pooledAfter: boolean;
  /** The arrays that it was told by, as the file names them. */
  evidence: { name: string; shape: readonly number[] }[];
  /** The last layer. */
  head: { name: string; classes: number; width: number };
  /** What the names point to, where it gives another number of features than the head takes; then it is `unknown` what ends them. */
  misfit: Misfit | null;
  /** Section of theory.md that applies; null where nothing is known. */
  section: "9.1" | "9.2" | "9.3" | "9.4" | null;
  /** Batch-normalized branches whose sum the features are (J of section 9.2 is at most this); 1 where there is one, or none. */
  mostBranches: number;
  /** Scale and shift of each normalization that the features come out of, as the file names them. */
  norms: { scale: string | null; shift: string | null }[];
}

/**
 * Tells it from `parameters` in the order of the file; `ordered`: that is the order of the modules (PyTorch's files keep it). `head`: name and shape of the last layer's weight, with the number of classes and of features.
 */
export function endingOfCheckpoint(
  parameters: readonly Parameter[],
  head: CheckpointEnding["head"],
  ordered: boolean,
): CheckpointEnding {
  const wrapper = wrapperOf(head.name);
  let parts = inside(parameters, wrapper);
  let misfitting: CheckpointEnding | null = null;
  for (;;) {
    const found = look(parts, head, ordered);
    if (found?.misfit) misfitting ??= described(found, parts, head);
    else if (found?.architecture) return described(found, parts, head);
    const next = unwrapped(parts);
    if (!next) return found && !found.misfit ? described(found, parts, head) : (misfitting ?? unknown(head));
    parts = next;
  }
}

type Part = ReturnType<typeof inside>[number];

function look(parts: readonly Part[], head: CheckpointEnding["head"], ordered: boolean): Found | null {
  const modules = modulesOf(parts);
  const weight = parts.find(({ original }) => original === head.name);
  const layer = modules.weighted.find(({ weight: name }) => name === weight?.name);
  return layer ? whatEnds(modules, layer, head.width, ordered) : null;
}

function described(
  { architecture, norms, joined, layer, activation, pooledAfter, misfit }: Found,
  parts: readonly Part[],
  head: CheckpointEnding["head"],
): CheckpointEnding {
  const kind = norms[0]?.kind ?? null;
  const named = norms.map(({ scale, shift }) => ({ scale: originalOf(parts, scale), shift: originalOf(parts, shift) }));
  const places = [...norms.map(({ place }) => place), ...(layer ? [layer.place] : [])];
  const evidence = parts
    .filter(({ name }) => places.some((place) => name.startsWith(`${place}.`) && !name.slice(place.length + 1).includes(".")))
    .map(({ original, shape }) => ({ name: original, shape }));
  const told = [
    ...evidence,
    ...parts.filter(({ original }) => original === head.name).map(({ shape }) => ({ name: head.name, shape })),
  ];
  if (misfit) return { ...unknown(head), architecture, misfit, evidence: told };
  const relu = activation === "relu" ? "-relu" : "";
  const residual = norms.length > 1 && joined === "sum";
  return {
    architecture,
    ends: kind === null ? "none" : kind === "rms" ? "rms-norm" : `${kind}-norm${relu}`,
    activation,
    pooledAfter,
    evidence: told,
    head,
    misfit: null,
    section: bare(norms) ? null : sectionOf(norms, residual, activation, layer?.shape.length === 2),
    mostBranches: residual && kind === "batch" ? norms.length : 1,
    norms: named,
  };
}

/**
 * Section 9.3 is about features that are linear in what a dense layer takes, section 9.4 about one layer normalization with nothing after it: an activation behind either, a sum of several and RMS normalization are open.
 */
function sectionOf(
  norms: Found["norms"],
  residual: boolean,
  activation: Activation,
  dense: boolean,
): CheckpointEnding["section"] {
  const bareOutput = activation === "none" || activation === "not visible";
  if (norms.length === 0) return dense && bareOutput ? "9.3" : null;
  if (norms.every(({ kind }) => kind === "batch")) return residual ? "9.2" : "9.1";
  const alone = norms.length === 1 && norms[0].kind === "layer";
  return alone && bareOutput ? "9.4" : null;
}

/** Whether the normalizations have neither scale nor shift: then nothing of them decays, and no section is about them. */
export function bare(norms: readonly { scale: string | null; shift: string | null }[]): boolean {
  return norms.length > 0 && norms.every(({ scale, shift }) => scale === null && shift === null);
}

const originalOf = (parts: readonly Part[], name: string | null): string | null =>
  parts.find((part) => part.name === name)?.original ?? null;

function unknown(head: CheckpointEnding["head"]): CheckpointEnding {
  return {
    architecture: null,
    ends: "unknown",
    activation: "not visible",
    pooledAfter: false,
    evidence: [],
    head,
    misfit: null,
    section: null,
    mostBranches: 1,
    norms: [],
  };
}
