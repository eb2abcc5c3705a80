import { maximum } from "../extremes.ts";
import { usualNames } from "./usual-names.ts";

/** How arrays of weights end: Keras 3 numbers the variables of a layer, and its kernel is the first. */
const ends = "weight|kernel(?::0)?|vars[./]0";

/** Whether a name says that a dense layer's weights stand as d x K, as Flax and Keras keep them. @internal */
export const isKernelName = (name: string): boolean => /(^|[._/-])(kernel(:0)?|vars[./]0)$/i.test(name);

/** What the last linear layer is called by torchvision, timm, Hugging Face, fairseq and Keras, wherever in the network it stands. */
const words =
  "fc|_fc|classifier|cls_classifier|distillation_classifier|classif|head|lm_head|score|linear|output|last_linear|logits|predictions|" +
  "output_projection|classification_head|classification_heads\\.\\w+|proj_out|embed_out|vocab_projector|qa_outputs";
const heads = new RegExp(`^(?:.*[./])?(${words})(?:[./](\\d+|fc|out_proj|dense|decoder))?[./](${ends})$`);

/** A head in a file of its own. */
const flat = new RegExp(`^(${usualNames.weight}|head[-_.]?weights?)$`, "i");

/** Names that inner layers have too: they are a head's only at the top of the network. Of fc1, fc2, fc3 and of dense, dense_1 it is the last. */
const wrappers =
  "module|model|net|network|backbone|state_dict|model_state_dict|params|model_weights|layers|_layer_checkpoint_dependencies";
const atTop = new RegExp(
  `^(?:(?:${wrappers})[./])*(out|out_proj|fc_out|dense|(?:dense_|fc|linear)(\\d+))(?:(?:[./]\\w+)?[./]\\1)?[./](${ends})$`,
);

/** Whether an array's name is one that heads have. */
export const isHeadName = (name: string): boolean => flat.test(name) || heads.test(name) || atTop.test(name);

/** Which of a file's names are a head's: one, or several that are to be told apart; none where no name fits. */
export function headNames(names: readonly string[]): string[] {
  const plain = names.filter((name) => flat.test(name));
  if (plain.length > 0) return plain;
  const matches = names.filter((name) => heads.test(name));
  if (matches.length === 0) return lastAtTop(names);
  // Hugging Face's heads of two layers: dense, then out_proj or decoder.
  const inner = (name: string): boolean =>
    /\.dense\.weight$/.test(name) &&
    ["out_proj", "decoder"].some((next) => matches.includes(name.replace(/dense\.weight$/, `${next}.weight`)));
  // classifier.0, classifier.3, classifier.6: the last one is the head.
  const number = (name: string): number => Number(heads.exec(name)?.[2] ?? Number.POSITIVE_INFINITY) || 0;
  const stem = (name: string): string => name.replace(/\.\d+\.(weight|kernel)$/, "");
  return matches.filter(
    (name) => !inner(name) && !matches.some((other) => stem(other) === stem(name) && number(other) > number(name)),
  );
}

function lastAtTop(names: readonly string[]): string[] {
  const found = names.flatMap((name) => {
    const match = atTop.exec(name);
    if (!match) return [];
    // A first layer alone is no head.
    if (match[2] !== undefined && !match[1].startsWith("dense") && Number(match[2]) < 2) return [];
    // A layer of a name of its own before those that are numbered; Keras's first `dense` has no number.
    const order = match[2] !== undefined ? Number(match[2]) : match[1] === "dense" ? 0 : Number.POSITIVE_INFINITY;
    return [{ name, order }];
  });
  const last = maximum(found.map(({ order }) => order));
  return found.filter(({ order }) => order === last).map(({ name }) => name);
}
