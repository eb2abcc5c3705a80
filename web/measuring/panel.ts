import { lossNames } from "../../src/loss/index.ts";
import { featureEndings } from "../../src/problem/index.ts";
import { commandLine } from "../controls/command-line.ts";
import { checkField, choiceField, select, textField } from "../controls/fields.ts";
import { lossTitles } from "../controls/loss-choice.ts";
import { endWords } from "../data/training-words.ts";
import { h } from "../dom.ts";
import { parseNumber } from "../parse-number.ts";
import { rules } from "../rules.ts";
import { wayOut } from "../way-out.ts";
import {
  type ArrayRole,
  arrayField,
  arrayRoles,
  decayComparison,
  endsField,
  headWords,
  ignoreField,
  partField,
  roleWords,
  scaleField,
} from "./field-names.ts";
import type { Found } from "./messages.ts";
import {
  type Choice,
  type Compare,
  commandOf,
  comparisons,
  headKinds,
  headless,
  isIndex,
  lacking,
  pickOf,
  placeOf,
} from "./question.ts";
import { fileRoles } from "./roles.ts";
import type { MeasuringState } from "./state.ts";
import { measuringControls } from "./way-out.ts";

/** The files that are measured, what each is for, and what to compare with: a picture of the state, which tells of every change. */
export function measuringPanel(state: MeasuringState, changed: (change: Partial<Choice>) => void): HTMLElement {
  const { found, choice } = state;
  const lacks = lacking(found, choice);
  const without = lacks === null ? headless(found, choice) : null;
  const command = commandLine("The same on the command line");
  if (lacks === null) command.show(commandOf(choice));
  return h(
    "div",
    { class: "measuring" },
    lacks && h("p", { class: "error", id: "measuring-lacks" }, lacks),
    without && h("p", { class: "note" }, without),
    files(state, h("div", { class: "fields" }, ...found.map((one) => fileField(one, choice, changed)))),
    h(
      "div",
      { class: "fields" },
      ...arrayRoles.flatMap((role) => keyFields(role, found, choice, changed)),
      choiceField("measuring-head", "head", headKinds, headWords, choice.head, (head) => changed({ head })),
      choice.head === "cosine" &&
        textField("measuring-scale", scaleField, choice.scale === null ? "" : String(choice.scale), (text) => {
          const scale = text.trim() === "" ? null : parseNumber(text);
          if (scale !== null && !(scale > 0)) return "a positive number is expected here, or nothing";
          changed({ scale });
          return null;
        }),
      textField("measuring-ignore", ignoreField, choice.ignore, (ignore) => {
        changed({ ignore });
        return null;
      }),
    ),
    h("div", { class: "fields" }, ...compareFields(choice.compare, (compare) => changed({ compare }))),
    checkField("measuring-umap", "a layout by UMAP too", choice.umap, (umap) => changed({ umap })),
    lacks === null && command.node,
  );
}

const wasOpen = (): boolean => document.querySelector<HTMLDetailsElement>("#measuring-files")?.open ?? false;

/** So many files are told one by one. */
const mostFiles = 6;

/** Of many files only a line, until somebody opens it. */
const files = ({ found }: MeasuringState, fields: HTMLElement): HTMLElement =>
  found.length <= mostFiles
    ? fields
    : h(
        "details",
        { id: "measuring-files", open: wasOpen() },
        h("summary", {}, `${found.length} files, and what each is for`),
        fields,
      );

const compareWords: Record<(typeof comparisons)[number], string> = {
  nothing: "nothing",
  lambdas: "lambdas that are stated",
  "weight-decay": decayComparison,
  effective: "the effective lambdas: a diagnostic",
};

const fileField = (one: Found, choice: Choice, changed: (change: Partial<Choice>) => void): HTMLElement => {
  const id = `measuring-file-${one.name.replace(/\W+/g, "-")}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, one.name),
    select(id, fileRoles, roleWords, choice.roles[one.name] ?? "nothing", (role) =>
      changed({ roles: { ...choice.roles, [one.name]: role } }),
    ),
    h(
      "p",
      { class: one.error === null ? "note" : "error" },
      one.error === null ? contents(one) : wayOut(one.error, measuringControls),
    ),
  );
};

/** So many arrays are told one by one. */
const mostTold = 5;

/** What a file holds, in a line. */
function contents({ listing }: Found): string {
  if (!listing) return "text";
  const whole = listing.arrays.filter(({ part }) => !part);
  const told = whole.slice(0, mostTold).map(({ name, shape }) => `${name === "" ? "" : `${name} `}${shape.join(" × ") || "1"}`);
  const skipped = listing.skipped
    .slice(0, mostTold)
    .map(({ name, reason }) => `${name || "its array"}, which is not read (${reason})`);
  return [...told, ...(whole.length > told.length ? [`and ${whole.length - told.length} more`] : []), ...skipped].join(", ");
}

/** Which array of a file plays a role, found by its name or picked; which part of it, where it has more axes than the role; of a table of labels, which column. */
function keyFields(
  role: ArrayRole,
  found: readonly Found[],
  choice: Choice,
  changed: (change: Partial<Choice>) => void,
): HTMLElement[] {
  const file = found.find(({ name }) => name === placeOf(choice, role));
  const { name: key, part } = pickOf(choice.keys[role]);
  const pick = (name: string, of: string): void => {
    const { [role]: _, ...others } = choice.keys;
    changed({ keys: name + of === "" ? others : { ...others, [role]: name + of } });
  };
  if (file && file.listing === null && file.error === null)
    return role === "labels"
      ? [
          textField(`measuring-${role}`, arrayField(role), choice.keys[role] ?? "", (title) => {
            pick(title.trim(), "");
            return null;
          }),
        ]
      : [];
  const arrays = file?.listing?.arrays.filter((array) => !array.part) ?? [];
  const byName = arrays.find((array) => array.role === role) ?? (arrays.length === 1 ? arrays[0] : undefined);
  const array = key === "" ? byName : arrays.find(({ name }) => name === key);
  const fields: HTMLElement[] = [];
  if (arrays.length > 1) {
    const none = byName === undefined ? "none by its name" : `by its name: ${byName.name}`;
    const words = Object.fromEntries([
      ["", none],
      ...arrays.map(({ name, shape }) => [name, `${name}, ${shape.join(" × ") || "1"}`]),
    ]);
    fields.push(
      choiceField(`measuring-${role}`, arrayField(role), ["", ...arrays.map(({ name }) => name)], words, key, (name) =>
        pick(name, ""),
      ),
    );
  }
  if (array && array.shape.length > axes[role])
    fields.push(
      textField(`measuring-${role}-part`, partField(role), part, (text) => {
        const index = text.trim();
        if (index !== "" && !isIndex(index)) return "an index is expected here, as [0] or [:,0], or nothing";
        pick(index === "" ? key : array.name, index);
        return null;
      }),
    );
  return fields;
}

/** As many axes an array of a role has: what has more may hold it in a part. */
const axes: Readonly<Record<ArrayRole, number>> = { features: 2, labels: 1, weight: 2, bias: 1 };

function compareFields(compare: Compare, changed: (compare: Compare) => void): (HTMLElement | false)[] {
  const { at } = compare;
  const numeric = (id: "lambdaZ" | "lambdaB" | "weightDecay", label: string): HTMLElement =>
    textField(`measuring-${id}`, label, compare[id] === Number.POSITIVE_INFINITY ? "inf" : String(compare[id]), (text) => {
      const value = parseNumber(text);
      const why = value === null ? "a number is expected here" : rules[id](value);
      if (why === null && value !== null) changed({ ...compare, [id]: value });
      return why;
    });
  const decays = at === "weight-decay" || at === "effective";
  return [
    choiceField("measuring-compare", "compared with the prediction at", comparisons, compareWords, at, (to) =>
      changed({ ...compare, at: to }),
    ),
    at === "lambdas" && numeric("lambdaZ", "λ_Z"),
    at === "lambdas" && numeric("lambdaB", "λ_b (inf: no bias)"),
    decays && numeric("weightDecay", "weight decay"),
    at === "weight-decay" &&
      choiceField("measuring-ends", endsField, featureEndings, endWords, compare.ends, (ends) => changed({ ...compare, ends })),
    (at === "lambdas" || at === "effective") &&
      checkField("measuring-nonnegative", "features end in a ReLU", compare.nonnegative, (nonnegative) =>
        changed({ ...compare, nonnegative }),
      ),
    (at === "lambdas" || at === "weight-decay") &&
      choiceField("measuring-loss", "loss", lossNames, lossTitles, compare.loss, (loss) => changed({ ...compare, loss })),
  ];
}
