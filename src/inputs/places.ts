import { inputError } from "../errors.ts";
import type { Keys } from "../features/browser.ts";

/** Where features, labels and head are: each in a file of its own, or together in one. */
export interface Places {
  features: string;
  /** What the feature layer takes. */
  hidden?: string;
  labels?: string;
  weight?: string;
  bias?: string;
  keys: Keys;
  /** The label of samples that belong to no class. */
  ignore?: string;
  /** The head is normalized; its scale. */
  cosine?: { scale?: number };
  /** No head is to be looked for. */
  headless?: boolean;
}

/** features=..,hidden=..,labels=..,weight=..,bias=.. */
export function parseKeys(text: string | undefined): Keys {
  const keys: Keys = {};
  // Commas between brackets are those of an index: labels=y[:,0].
  for (const part of text === undefined ? [] : text.split(/,(?![^[]*\])/)) {
    const [role, name] = [part.slice(0, part.indexOf("=")).trim(), part.slice(part.indexOf("=") + 1).trim()];
    if (!part.includes("=") || !["features", "hidden", "labels", "weight", "bias"].includes(role) || name === "")
      throw inputError("--keys", "features=NAME,hidden=NAME,labels=NAME,weight=NAME,bias=NAME (any of them)", part);
    keys[role as keyof Keys] = name;
  }
  return keys;
}
