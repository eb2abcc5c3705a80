import { availableParallelism } from "node:os";
import { inputError } from "../errors.ts";
import { multiplyBy } from "../math/index.ts";
import type { Option, Values } from "./command.ts";

const backends = ["wasm", "onnx"];

/** What large matrix products are computed by. */
export const backendOption: { backend: Option } = {
  backend: {
    type: "string",
    value: backends.join("|"),
    help: "what multiplies large matrices: WebAssembly (the default), or native code by ONNX Runtime (the optional package onnxruntime-node), in float64 too: faster from some hundred classes on; numbers agree to rounding",
  },
};

/** Does work whose products go to what was asked for, on as many threads. `use` is given a check that throws where that cannot be had after all. Throws InputError where the package is not there. */
export async function withBackendOf<T>(options: Values, use: (ready: () => void) => Promise<T>): Promise<T> {
  const asked = options.text("backend") ?? backends[0];
  if (!backends.includes(asked)) throw inputError("--backend", backends.join(" or "), asked);
  if (asked === backends[0]) return use(() => {});
  const { onnxProducts } = await import("../engine/index.ts");
  const native = onnxProducts(options.integer("threads", 1) ?? availableParallelism());
  multiplyBy(native);
  try {
    return await use(native.check);
  } finally {
    multiplyBy(null);
    native.close();
  }
}
