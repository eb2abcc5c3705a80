import { maximum, minimum } from "../extremes.ts";
import { format, formatAtMost, quantity } from "../number-text.ts";
import type { Advice, Remedy } from "../prediction/index.ts";
import { listClasses } from "./class-table.ts";

/** What a remedy sets: `0.3202`, `1 (0-4), 1.35 (5-9)`, `0.5171 to 3.053`, `weight decay 0.006549`. */
export function remedySetting({ kind, perClass, parameters }: Remedy, names: readonly (string | null)[] | null): string {
  if (kind === "lambda" && parameters.weightDecay !== undefined) return `weight decay ${formatAtMost(parameters.weightDecay)}`;
  const values = [...new Set(perClass)];
  if (kind === "lambda" || kind === "smoothing") return formatAtMost(values[0]);
  if (values.length === 1) return format(values[0]);
  if (values.length > 4) return `${format(minimum(values))} to ${format(maximum(values))}`;
  const having = (v: number): number[] => perClass.flatMap((x, k) => (x === v ? [k] : []));
  return values.map((v) => `${format(v)} (${listClasses(having(v), names)})`).join(", ");
}

/** The margin of the weakest class, rounded down; that of classes which offsets make equal is 0 but for rounding. */
export function weakestMargin(margins: readonly number[]): string {
  const smallest = minimum(margins);
  return formatAtMost(Math.abs(smallest) < 1e-12 ? 0 : smallest);
}

/** What is said where nothing has to be changed. */
export function nothingNeededText({ margin, certified }: Pick<Advice, "margin" | "certified">): string {
  const proved = certified ? "" : ", in the solution that was found, which is not proved";
  return `every class has a margin of ${quantity(format(margin), "logit")} over every rival already${proved}: nothing has to be changed`;
}

/** Lines of Python to copy. */
export interface TorchLines {
  /** `in PyTorch, in training:` */
  when: string;
  /** One statement. */
  line: string;
}

/** More numbers than this have a name in their line, and their place in the JSON behind it. */
export const mostInLine = 20;

/** The lines to copy for a remedy of weights or offsets that works and changes something. `most`: numbers written out. */
export function torchLines({ kind, reaches, perClass, torch }: Remedy, most: number = mostInLine): TorchLines[] {
  if (!reaches) return [];
  const shifts = kind === "offset" || kind === "combined";
  return [
    ...(torch && kind !== "offset"
      ? [
          {
            when: "in PyTorch, in training:",
            line: python((values) => `loss = nn.CrossEntropyLoss(weight=torch.tensor(${values}))`, torch.weights, {
              ...{ name: "weights", where: "torch.weights", most },
            }),
          },
        ]
      : []),
    ...(shifts && perClass.some(isSeen)
      ? [{ when: "in PyTorch, after training:", line: python(added, perClass, { name: "offsets", where: "perClass", most }) }]
      : []),
  ];
}

/** The line that adds the offsets which equalize the margins; null where there are none, or none that would be seen. */
export function equalizingLine(offsets: readonly number[] | null, most: number = mostInLine): string | null {
  return offsets?.some(isSeen) ? python(added, offsets, { name: "offsets", where: "summary.offsets", most }) : null;
}

const added = (values: string): string => `logits = model(x) + torch.tensor(${values})`;

/** An offset that does something. */
const isSeen = (x: number): boolean => Math.abs(x) > 1e-9;

/** A line of Python with its numbers, or with a name and where they are. */
function python(
  line: (values: string) => string,
  values: readonly number[],
  { name, where, most }: { name: string; where: string; most: number },
): string {
  return values.length <= most
    ? line(`[${values.map((x) => Number(x.toPrecision(6))).join(", ")}]`)
    : `${line(name)}  # ${name} = \`${where}\` of --json`;
}
