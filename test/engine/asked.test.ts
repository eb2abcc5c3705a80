import { afterAll, describe, expect, test } from "vitest";
import { startEngine } from "../../src/engine/backend.ts";
import { Graph } from "../../src/engine/graph.ts";
import { onnxEngine } from "../../src/engine/onnx/engine.ts";
import { findOnnx } from "../../src/engine/onnx/runtime.ts";
import { add, multiply } from "../../src/engine/operations.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { afterClosing, afterClosingWanted, afterDisposal, afterDisposalWanted, inOrder, inOrderWanted } from "./asked.mjs";
import { remoteEngine } from "./webgpu-remote.ts";

const room = { Graph, add, multiply };
const onnx = findOnnx();
const remote = await remoteEngine();
const wasm = wasmEngine(2);
afterAll(() => {
  wasm.close();
  if (!("missing" in remote)) remote.stop();
});

const asked = { inOrder, afterDisposal, afterClosing };
const said = (text: string): string => text.replace(/^.*message: /, "");
/** Each engine by its name: what it answers. */
const engines: [string, string | null, (what: keyof typeof asked) => Promise<unknown>][] = [
  ["wasm", null, (what) => asked[what](what === "afterClosing" ? wasmEngine(2) : wasm, room)],
  ["onnx", "missing" in onnx ? onnx.missing : null, async (what) => asked[what](await onnxEngine(2), room)],
  [
    "webgpu",
    "missing" in remote ? remote.missing : null,
    (what) => ("missing" in remote ? Promise.reject() : remote.asked(what)),
  ],
];

describe.each(engines)("%s", (_, missing, answer) => {
  test.skipIf(missing !== null)("does in the order asked what is not waited for, with the numbers of then", async () => {
    expect(await answer("inOrder")).toEqual(inOrderWanted);
  });

  test.skipIf(missing !== null)("refuses what was disposed of, and takes it twice", async () => {
    const found = (await answer("afterDisposal")) as Record<string, unknown>;
    expect(Object.fromEntries(Object.entries(found).map(([key, x]) => [key, typeof x === "string" ? said(x) : x]))).toEqual(
      afterDisposalWanted,
    );
  });

  test.skipIf(missing !== null)("says after its end that it was closed", async () => {
    expect(await answer("afterClosing")).toEqual(afterClosingWanted);
  });
});

test("an engine that was closed is started anew, another is kept", async () => {
  const first = await startEngine("wasm");
  expect(await startEngine("wasm", { threads: 1 })).toBe(first);
  first.close();
  const [second, again] = await Promise.all([startEngine("wasm"), startEngine("wasm")]);
  expect(second).not.toBe(first);
  expect(again).toBe(second);
  expect(second.usable).toBe(true);
  second.close();
});
