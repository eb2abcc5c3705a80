import type { Format } from "../format.ts";
import { isText } from "../unknown-file.ts";
import { endingsElsewhere } from "./elsewhere.ts";

/** ONNX: a message of Protocol Buffers, which has no signature. A model begins with its version and the program that wrote it. */
export const onnx: Format = {
  kind: "onnx",
  endings: endingsElsewhere.onnx,
  models: [".onnx"],
  ordered: true,
  sniff: (start, name) =>
    (/\.onnx$/i.test(name) && start.length > 0 && !isText(start)) ||
    (start[0] === 8 &&
      start[1] > 2 &&
      start[1] < 32 &&
      start[2] === 0x12 &&
      start[3] > 2 &&
      start[3] < 64 &&
      isText(start.subarray(4, 7))),
  async open({ bytes, host }) {
    const { onnxArrays } = await import("../onnx/open.ts");
    return onnxArrays(bytes, host);
  },
};
