/**
 * Loads the array library, and gives it in Node the names that it expects of a browser: `Worker` (its threads), `navigator` (their number, WebGPU), `Float16Array` (missing before Node 24),
 * the constants of WebGPU. They are names of the library's own, not globals: a program that imports nclab beside other packages finds every global as it was.
 *
 * An ES module cannot be given names from outside. The library brings the same code as CommonJS too, and that is the text of a function: it is compiled here with those names as
 * parameters, which stand before the globals of the same name. Where there is a global `Worker` (browsers, Bun, Deno) the library is imported as it is.
 */
import { builtin } from "../builtin.ts";
import { nodeWorker } from "./threads.ts";

type Library = typeof import("@jax-js/jax");

/** The names, and what they mean to the library; those of WebGPU are put in by webgpu.ts before it starts. */
export interface OwnNames {
  Worker?: unknown;
  Float16Array?: unknown;
  navigator: { hardwareConcurrency: number; userAgent: string; gpu?: unknown };
  GPUBufferUsage?: unknown;
  GPUMapMode?: unknown;
  GPUShaderStage?: unknown;
  GPUTextureUsage?: unknown;
}

/** Null where the library takes the globals. */
export const ownNames: OwnNames | null = makeNames();

function makeNames(): OwnNames | null {
  const Worker = nodeWorker();
  if (!Worker) return null;
  return {
    Worker,
    // It asks of arrays whether they are of this kind, and nothing of them here is.
    Float16Array: (globalThis as { Float16Array?: unknown }).Float16Array ?? class {},
    navigator: { hardwareConcurrency: builtin("node:os")?.availableParallelism() ?? 1, userAgent: "Node.js" },
  };
}

const names = [
  "Worker",
  "Float16Array",
  "navigator",
  "GPUBufferUsage",
  "GPUMapMode",
  "GPUShaderStage",
  "GPUTextureUsage",
] as const;

export async function loadLibrary(): Promise<Library> {
  if (ownNames) return loadWith(ownNames);
  // Browsers that lack it, where no name can be given: the library would not load.
  const scope = globalThis as { Float16Array?: unknown };
  scope.Float16Array ??= class {};
  return import("@jax-js/jax");
}

function loadWith(own: OwnNames): Library {
  const [vm, fs, module, path] = [builtin("node:vm"), builtin("node:fs"), builtin("node:module"), builtin("node:path")] as const;
  if (!vm || !fs || !module || !path) throw new Error("this Node does not give its own modules");
  const require = module.createRequire(import.meta.url);
  const loaded = new Map<string, { exports: object }>();
  const load = (file: string): object => {
    const before = loaded.get(file);
    if (before) return before.exports;
    const made = { exports: {} };
    loaded.set(file, made);
    const program = vm.compileFunction(fs.readFileSync(file, "utf8"), ["module", "exports", "require", ...names], {
      filename: file,
    });
    const part = (id: string): unknown => (id.startsWith(".") ? load(path.join(path.dirname(file), id)) : require(id));
    // Read now: the library asks for its WebGPU part when that backend starts.
    program(made, made.exports, part, ...names.map((name) => own[name]));
    return made.exports;
  };
  return load(require.resolve("@jax-js/jax")) as Library;
}
