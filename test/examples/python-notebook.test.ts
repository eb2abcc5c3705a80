import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environment, pythonWith } from "../python/find.ts";

/** The notebook for Jupyter's own kernel: run in that kernel by nbclient, where a Python has both; its cells must show what the text around them says. */
const file = join(import.meta.dirname, "../../examples/notebooks/rare-classes-python.ipynb");

interface Output {
  output_type: "stream" | "execute_result" | "error";
  text?: string;
  data?: Record<string, string>;
}
interface Cell {
  cell_type: "markdown" | "code";
  source: string | string[];
  outputs?: Output[];
}

test("it is a notebook of Python's kernel, saved without outputs", () => {
  const saved = JSON.parse(readFileSync(file, "utf8")) as { metadata: { kernelspec: { name: string } }; cells: Cell[] };
  expect(saved.metadata.kernelspec.name).toBe("python3");
  expect(saved.cells.flatMap(({ outputs }) => outputs ?? [])).toEqual([]);
});

const python = pythonWith("numpy, nbclient, nbformat, ipykernel");
if (python === undefined)
  console.info("skipped: no Python with numpy, nbclient, nbformat and ipykernel was found, which running the notebook needs");

const text = (value: string | string[] | undefined): string => [value ?? ""].flat().join("");

/** The kernel sends what one cell prints in as many messages as it takes time for. */
function joined(outputs: readonly Output[]): Output[] {
  const found: Output[] = [];
  for (const output of outputs) {
    const last = found.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream")
      found[found.length - 1] = { ...last, text: text(last.text) + text(output.text) };
    else found.push(output);
  }
  return found;
}

/** Writes the notebook that was run to its standard output. A cell that fails ends it with that cell and its error. */
const runs = `
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
sys.stdout.write(nbformat.writes(notebook, 4))
`;

test.skipIf(python === undefined)("it runs, and its cells show what their text says", { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = spawnSync(python as string, ["-c", runs, file], {
    encoding: "utf8",
    env: environment,
    maxBuffer: 2 ** 26,
  });
  expect(status, stderr).toBe(0);
  const { cells } = JSON.parse(stdout) as { cells: Cell[] };
  const outputs = cells.flatMap((cell) => joined(cell.outputs ?? []));
  const printed = outputs.filter((o) => o.output_type === "stream").map((o) => text(o.text));
  const shown = outputs.filter((o) => o.output_type === "execute_result").map((o) => text(o.data?.["text/html"]));
  expect(outputs).toHaveLength(printed.length + shown.length);

  expect(printed).toHaveLength(5);
  expect(printed[0]).toMatch(/^5 of 10 classes are their own, 5 merged; rank 5\nproved to a relative gap of \de-\d+: True\n$/);
  expect(printed[1]).toMatch(/^weight decay 0\.17\d\d: vanish, classes \[5, 6, 7, 8, 9\]\n/);
  expect(printed[2]).toMatch(/^weight=\[.*\], reduction='mean'\n10 of 10 classes are their own, the weakest by 1\.00 logits\n$/);
  expect(printed[3]).toMatch(/^NC1 0\.\d+; accuracy 1\.0; \|Z - Z\*\| \/ \|Z\*\| = 0\.0\d\d\n$/);
  expect(printed[4]).toContain('got "weightdecay" (did you mean weightDecay?)');

  // Prediction, array, path, advice, measurement: pictures, nothing, pictures, a table, pictures.
  expect(shown.map((html) => [html.split("<svg").length - 1, html.split("<tr>").length - 1])).toEqual([
    [5, 0],
    [0, 0],
    [3, 0],
    [0, 8],
    [2, 0],
  ]);
});
