/** The weight decay that a checkpoint's optimizer had, as far as the file tells. */
export interface DecayInFile {
  /** The values of its groups of parameters, each once; of hyperparameters where it has none. */
  values: number[];
  /** Name of the first of them in the file. */
  from: string;
  /** `decoupled`: AdamW, whose decay is no term of the loss; `untold`: the file does not tell (Adam and AdamW keep the same; hyperparameters); `gradient`: a term of the loss, as in SGD. */
  kind: "decoupled" | "untold" | "gradient";
}

/** From the settings of a file, by name, and the names of its arrays (Adam's groups keep their betas). Null: the file keeps no weight decay. */
export function decayInFile(
  settings: ReadonlyMap<string, number | boolean>,
  arrays: { has(name: string): boolean },
): DecayInFile | null {
  const named = [...settings].filter(([name, value]) => /(^|\.)weight_decay$/.test(name) && typeof value === "number") as [
    string,
    number,
  ][];
  const groups = named.filter(([name]) => /(^|\.)param_groups\.\d+\.weight_decay$/.test(name));
  const found = groups.length > 0 ? groups : named;
  if (found.length === 0) return null;
  const beside = (name: string, other: string): string => name.replace(/weight_decay$/, other);
  const of = (name: string): DecayInFile["kind"] => {
    const decoupled = settings.get(beside(name, "decoupled_weight_decay"));
    if (decoupled !== undefined) return decoupled ? "decoupled" : "gradient";
    return arrays.has(beside(name, "betas")) || groups.length === 0 ? "untold" : "gradient";
  };
  const kinds = found.map(([name]) => of(name));
  const kind = (["decoupled", "untold"] as const).find((k) => kinds.includes(k)) ?? "gradient";
  return { values: [...new Set(found.map(([, value]) => value))], from: found[0][0], kind };
}
