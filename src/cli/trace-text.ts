import type { TraceRow } from "../solver/index.ts";

/** `--trace`: what the solver does, a line a Newton step and a proof, to stderr while it works. */
export const traceOption = {
  type: "boolean",
  help: "print to stderr what the solver does: each Newton step and each proof",
} as const;

const columns = ["stage", "step", "objective", "decrement", "relative gap", "rank", "radius", "damping", "products"] as const;
const widths = [8, 5, 21, 10, 13, 5, 10, 10, 9];

const short = (value: number | null): string => (value === null ? "-" : value.toExponential(2));

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(widths[i]))
    .join(" ")
    .trimEnd();

/** A row of it; the first comes with the names of the columns. */
export function traceTo(print: (text: string) => void): (row: TraceRow) => void {
  let begun = false;
  return ({ stage, iteration, objective, decrement, relativeGap, rank, radius, damping, products }) => {
    if (!begun) print(line(columns));
    begun = true;
    const whole = (value: number | null): string => (value === null ? "-" : String(value));
    print(
      line([
        stage,
        whole(iteration),
        objective.toPrecision(15),
        short(decrement),
        short(relativeGap),
        whole(rank),
        short(radius),
        short(damping),
        whole(products),
      ]),
    );
  };
}
