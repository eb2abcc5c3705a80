import { availableParallelism } from "node:os";
import { inputError } from "../errors.ts";
import { mostThreads, shareProducts } from "../math/index.ts";
import type { Option, Values } from "./command.ts";

/** How many threads large matrix products may take. */
export const threadsOption: { threads: Option } = {
  threads: {
    type: "string",
    value: "N",
    help: "threads for large matrix products (default: one a core); the numbers do not depend on it",
  },
};

/** Shares the command's products between as many threads as were asked for. Throws InputError. */
export function useThreadsOf(options: Values): void {
  const asked = options.integer("threads", 1);
  if (asked !== undefined && asked > mostThreads) throw inputError("--threads", `a whole number from 1 to ${mostThreads}`, asked);
  shareProducts(asked ?? Math.min(mostThreads, availableParallelism()));
}
