import { expect, test } from "vitest";
import { run } from "./process.ts";

test.each([
  [["fig5", "--backend", "abacus"], /--backend: expected auto, wasm, webgpu, onnx, got "abacus"/],
  [["fig5", "--scale", "huge"], /--scale: expected demo, small, medium, full, got "huge"/],
  [["fig5", "--network", "brain"], /--network: expected .*mlp/],
  [["fig10"], /FIGURE: expected one of fig1/],
  [[], /expected a figure .*got none/],
  [["fig5", "--out", "/proc/reproduce", "--dataset", "glyphs"], /--out \/proc\/reproduce: expected a writable folder/],
])("nclab reproduce %j is refused before anything is trained", async (args, message) => {
  const { code, stdout, stderr } = await run("reproduce", ...args);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});
