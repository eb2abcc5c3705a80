import type { Engine, Held } from "../engine.ts";
import { type HeldArrays, holdIn } from "./held.ts";
import { programOf } from "./program.ts";
import { team } from "./team.ts";

/** The engine that runs anywhere: WebAssembly with 128-bit vectors, on so many threads where threads can share memory (threads.ts). The numbers do not depend on how many. */
export function wasmEngine(threads: number): Engine & { stop(): void } {
  const everybody = team(threads);
  return {
    device: "wasm",
    about: {},
    hold: (arrays) => holdIn(everybody.heap, arrays),
    async compile(graph) {
      const program = programOf(graph, everybody);
      return { run: (held: Held, given) => program.run(held as HeldArrays, given), dispose: () => program.dispose() };
    },
    stop: () => everybody.stop(),
  };
}
