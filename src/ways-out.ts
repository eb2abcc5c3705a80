/**
 * Texts that several hosts show, errors and notes of documents, name their way out in options of the command line: `--keys weight=NAME takes another`. There an option is a noun, its value behind it, so that a
 * host which has something else in its place (a page its fields, another language its arguments) says that instead. Documents keep the options; a host turns the text where it shows it. Whole commands
 * (`nclab ...` in backticks, `nclab measure --json`) are for a terminal wherever they are read, and stay.
 *
 * @module ways-out
 */

/** The options that such texts may name. A test finds every option of those texts here. */
export const namedOptions = [
  "keys",
  "labels",
  "head-weight",
  "head-bias",
  "head",
  "scale",
  "ignore-label",
  "hidden",
  "list",
  "save",
  "json",
  "counts",
  "long-tail",
  "lambda-z",
  "weight-decay",
  "norm-weight-decay",
  "ends",
  "branches",
  "starts",
  "margin",
  "decay",
  "save-features",
] as const;

/** An option that texts which several hosts show may name. */
export type NamedOption = (typeof namedOptions)[number];

/** What of the words behind an option is its value; behind the others stands none. */
const values: Partial<Record<NamedOption, string>> = {
  keys: String.raw`\w+=(?:\[[^\]]*\]|[^\s[\](),;])+`,
  labels: "FILE",
  "head-weight": "FILE",
  "head-bias": "FILE",
  head: "none|cosine|linear",
  scale: "[A-Z]",
  "ignore-label": String.raw`-?\d+`,
  hidden: "FILE",
  "weight-decay": "[A-Z]",
  ends: "batch-norm-relu|batch-norm|layer-norm|none",
  branches: String.raw`\d+(?:\.\d+)?`,
  decay: "effective|head|all",
};

/** What a host says in the place of each option: words, behind which the option's value stays, or a function of that value (null: the text gives none). */
export type HostWords = Readonly<Record<NamedOption, string | ((value: string | null) => string)>>;

// The longest name first: head-weight is no head.
const names = [...namedOptions].sort((a, b) => b.length - a.length);
const one = (name: NamedOption): string =>
  `${name}(?![\\w-])${values[name] === undefined ? "" : `(?: (?:${values[name]})(?![\\w-]))?`}`;
const named = new RegExp(`\`nclab [^\`]*\`|nclab \\w+ --json|--(?:${names.map(one).join("|")})`, "g");

/** A text with a host's own words in the place of options. */
export function inWordsOf(words: HostWords, text: string): string {
  return text.replace(named, (found) => {
    if (!found.startsWith("--")) return found;
    const [option, ...value] = found.slice(2).split(" ");
    const said = words[option as NamedOption];
    const given = value.length > 0 ? value.join(" ") : null;
    if (typeof said === "function") return said(given);
    return given === null ? said : `${said} ${given}`;
  });
}

/** The value of `--keys`, `role=NAME[part]`, in its pieces; those that are not there are undefined. */
export function keysValue(value: string | null): { role?: string; name?: string; part?: string } {
  const [, role, name, part] = /^(\w+)=(.*?)(\[[^\]]*\])?$/s.exec(value ?? "") ?? [];
  return { role, name, part };
}
