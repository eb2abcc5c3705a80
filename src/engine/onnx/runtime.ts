import { builtin } from "../../builtin.ts";
import { InputError } from "../../errors.ts";

/** What is used of the optional package `onnxruntime-node`. */
export interface Runtime {
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => RuntimeTensor;
  env?: { versions?: { node?: string; common?: string } };
}

export interface Session {
  /** `fetches`: the outputs that are wanted, each an array that it is written to. */
  run(
    feeds: Record<string, RuntimeTensor>,
    fetches: Record<string, RuntimeTensor | null>,
  ): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

export interface RuntimeTensor {
  readonly data: unknown;
}

const packageName = "onnxruntime-node";
/** What Node looks for among the installed packages. */
const bareName = /^(@[^/\\]+\/)?[^./\\:][^/\\:]*$/;

/** The package's version, or why it is not there, in words. The variable NCLAB_ONNX names its folder where it is installed elsewhere, from the working directory on where it is relative. */
export function findOnnx(): { version: string } | { missing: string } {
  const found = load();
  return "missing" in found ? found : { version: found.version };
}

/** Throws InputError where there is none. */
export function requireOnnx(): { runtime: Runtime; version: string } {
  const found = load();
  if ("missing" in found) throw absentOnnx(found.missing);
  return found;
}

/** Where the package is: what `require` takes, and its version. Nothing of it is loaded. Throws InputError where there is none. */
export function placeOfOnnx(): { path: string; version: string } {
  const found = located();
  if ("missing" in found) throw absentOnnx(found.missing);
  return found;
}

/** What is wrong where the package is not there or does not load. */
export const absentOnnx = (why: string): InputError =>
  new InputError(`backend onnx: expected the package ${packageName}, but ${why}`);

/** Why a package that is there cannot be used, in words. */
export const doesNotLoad = (message: string): string => `it does not load here: ${message.split("\n")[0]}`;

function located(): { path: string; version: string; require: NodeJS.Require } | { missing: string } {
  const require = builtin("node:module")?.createRequire(import.meta.url);
  if (!require) return { missing: "it needs Node" };
  // Read once, as it is loaded: else it keeps a record of its use, with files in the temporary folder, for its makers.
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  const asked = process.env.NCLAB_ONNX || packageName;
  // Not beside this file, but where the user is.
  const place = bareName.test(asked) ? asked : (builtin("node:path")?.resolve(asked) ?? asked);
  try {
    const { version } = require(`${place}/package.json`) as { version: string };
    return { path: require.resolve(place), version, require };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const absent = code === "MODULE_NOT_FOUND" && [place, `${place}/package.json`].some((name) => message.includes(`'${name}'`));
    if (!absent) return { missing: doesNotLoad(message) };
    if (place !== packageName) return { missing: `NCLAB_ONNX names ${place}, where it is not` };
    return { missing: `it is not installed: npm install ${packageName} (--ignore-scripts does)` };
  }
}

/** By a name that only the running program knows: neither the type checker nor a bundler has the package. */
function load(): { runtime: Runtime; version: string } | { missing: string } {
  const found = located();
  if ("missing" in found) return found;
  try {
    return { runtime: found.require(found.path) as Runtime, version: found.version };
  } catch (error) {
    return { missing: doesNotLoad((error as Error).message) };
  }
}
