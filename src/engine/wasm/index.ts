import { closedEngine } from "../disposed.ts";
import type { Engine, Held } from "../engine.ts";
import { type HeldArrays, holdIn } from "./held.ts";
import { programOf } from "./program.ts";
import { team } from "./team.ts";

/** The engine that runs anywhere: WebAssembly with 128-bit vectors, on so many threads where threads can share memory (threads.ts). The numbers do not depend on how many. */
export function wasmEngine(threads: number): Engine {
  const everybody = team(threads);
  let closed = false;
  const open = (): void => {
    if (closed) throw closedEngine();
  };
  return {
    device: "wasm",
    about: {},
    get usable() {
      return !closed;
    },
    hold(arrays) {
      open();
      return holdIn(everybody.heap, arrays);
    },
    async compile(graph) {
      open();
      const program = programOf(graph, everybody);
      return {
        async run(held: Held, given) {
          open();
          return program.run(held as HeldArrays, given);
        },
        dispose: () => program.dispose(),
      };
    },
    close() {
      if (!closed) everybody.stop();
      closed = true;
    },
  };
}
