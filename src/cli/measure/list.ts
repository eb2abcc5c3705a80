import type { Listing } from "../../inputs/index.ts";
import { table } from "../../terminal/index.ts";

/** What `--list` prints for people. */
export function describeListing({ file, kind, columns, arrays, heads, skipped, unclear }: Listing): string {
  const parts = arrays.filter(({ part, role }) => part && role === null).length;
  const shown = arrays.filter(({ part, role }) => !part || role !== null);
  const candidate = (name: string): string => (heads.includes(name) ? "none (fits as a head)" : "none");
  return [
    `${file} (${kind}): ${arrays.length} ${arrays.length === 1 ? "array" : "arrays"}`,
    ...(shown.length === 0
      ? []
      : [
          table(
            ["array", "shape", "type", "role"],
            shown.map(({ name, shape, type, role }) => [
              name || "(its one array)",
              shape.join(" x ") || "()",
              type,
              role ?? candidate(name),
            ]),
          ),
        ]),
    ...(parts > 0 ? [`and ${parts} parts of these, and lists of numbers (--json has them)`] : []),
    ...(columns === null ? ["no features are known here: --features FILE beside it shows which arrays fit them as a head"] : []),
    ...(heads.length > 0 ? [`heads that fit ${columns} columns: ${heads.join(", ")}`] : []),
    ...skipped.map(({ name, reason }) => `skipped: ${name || "(its one array)"}: ${reason}`),
    ...unclear.map((words) => `unclear: ${words}`),
  ].join("\n");
}
