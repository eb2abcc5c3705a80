interface Builtins {
  "node:worker_threads": typeof import("node:worker_threads");
  "node:buffer": typeof import("node:buffer");
  "node:os": typeof import("node:os");
  "node:vm": typeof import("node:vm");
  "node:fs": typeof import("node:fs");
  "node:module": typeof import("node:module");
  "node:path": typeof import("node:path");
}

/** A module of Node, or null elsewhere: for rooms that browsers load too, which may not import it. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | null {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return (process?.getBuiltinModule?.(name) as Builtins[Name] | undefined) ?? null;
}
