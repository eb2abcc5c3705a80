import type { Modules, Norm, Weighted } from "./modules.ts";

/** The last stage of a residual network: the normalizations at the ends of the branches whose sum the features are. */
export interface Stage {
  /** Place of the stage: `layer4`. */
  place: string;
  /** Each block's last normalization and that of the shortcut, in that order; empty where blocks end in a convolution (pre-activation). */
  norms: Norm[];
  /** The last block's last layer with weights. */
  last: Weighted | null;
}

/** A family of residual networks by its names: stage, block, and inside a block what is a shortcut. */
interface Family {
  /** Captures stage and block. */
  block: RegExp;
  shortcut: RegExp;
}

const families: readonly Family[] = [
  // torchvision and timm, and the 32 x 32 networks written after them.
  { block: /^(?:layer|stage)(\d+)\.(\d+)\./, shortcut: /\.(downsample|shortcut|residual_shortcut|skip)\./ },
  // Hugging Face.
  { block: /^(?:\w+\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\./, shortcut: /\.shortcut\./ },
  // Wide residual networks.
  { block: /^block(\d+)\.layer\.(\d+)\./, shortcut: /\.(convShortcut|shortcut)\./ },
  // torchvision's RegNet.
  { block: /^trunk_output\.block(\d+)\.block\d+-(\d+)\./, shortcut: /\.proj\./ },
];

/** The last stage of `modules`, where they have the names of a residual network with blocks in stages. */
export function lastStage(modules: Modules): Stage | null {
  for (const { block, shortcut } of families) {
    const found = [...modules.norms, ...modules.weighted]
      .map((module) => block.exec(`${module.place}.`))
      .filter((m) => m !== null);
    if (found.length === 0) continue;
    const stage = Math.max(...found.map((match) => Number(match[1])));
    const blocks = [...new Set(found.filter((match) => Number(match[1]) === stage).map((match) => match[0]))].sort(natural);
    const first = blocks[0];
    const norms = blocks.map((place) => lastNorm(modules, place, shortcut)).filter((norm) => norm !== null);
    if (preActivated(modules, first, shortcut)) norms.length = 0;
    else norms.push(...modules.norms.filter((norm) => norm.place.startsWith(first) && shortcut.test(`${norm.place}.`)));
    const last = insideOf(modules.weighted, blocks[blocks.length - 1], shortcut).at(-1) ?? null;
    return { place: first.replace(/[.-]?\d+\.$/, ""), norms, last };
  }
  return null;
}

/** A block's last normalization outside its shortcut, by the numbers in its name. */
function lastNorm({ norms }: Modules, block: string, shortcut: RegExp): Norm | null {
  const inside = norms.filter(({ place }) => place.startsWith(block) && !shortcut.test(`${place}.`) && !/\bse\b/.test(place));
  return inside.sort((a, b) => natural(a.place, b.place)).at(-1) ?? null;
}

/** Whether blocks begin with a normalization: then its channels are those that the first convolution takes, not those that it makes. */
function preActivated({ norms, weighted }: Modules, block: string, shortcut: RegExp): boolean {
  const convolution = insideOf(weighted, block, shortcut)[0];
  const norm = insideOf(norms, block, shortcut)[0];
  return (
    convolution !== undefined && norm !== undefined && norm.size === convolution.shape[1] && norm.size !== convolution.shape[0]
  );
}

/** A block's modules outside its shortcut, by the numbers in their names. */
function insideOf<M extends { place: string }>(all: readonly M[], block: string, shortcut: RegExp): M[] {
  return all
    .filter(({ place }) => place.startsWith(block) && !shortcut.test(`${place}.`))
    .sort((a, b) => natural(a.place, b.place));
}

const collator = new Intl.Collator("en", { numeric: true });
/** layer4.2 before layer4.10. */
export const natural = (a: string, b: string): number => collator.compare(a, b);
