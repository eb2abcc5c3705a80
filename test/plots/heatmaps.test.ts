import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrange, arrangeBlocks, blockMean } from "../../src/cells.ts";
import { type ColorKind, colorScale } from "../../src/plots/color.ts";
import { heatMaps } from "../../src/plots/heatmaps.ts";
import { svgText, textWidth } from "../../src/plots/svg.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { blockMatrix, clusters, heatMapData, solutions } from "./samples.ts";

const document = headlessDocument();
const channels = (color: string): number[] => [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16));

describe("color scale", () => {
  it.each<ColorKind>(["linear", "symlog"])("%s is antisymmetric, monotone and pale at 0", (kind) => {
    const scale = colorScale(kind, [-1, 4]);
    expect(scale.position(0)).toBe(0.5);
    expect(scale.position(4)).toBe(1);
    expect(scale.position(-4)).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: -4, max: 4, noNaN: true }), fc.double({ min: -4, max: 4, noNaN: true }), (v, w) => {
        expect(scale.position(v) + scale.position(-v)).toBeCloseTo(1, 12);
        if (v < w) expect(scale.position(v)).toBeLessThanOrEqual(scale.position(w));
      }),
    );
    const [red, , blue] = channels(scale.color(4));
    expect(red).toBeGreaterThan(blue);
    const [r, , b] = channels(scale.color(-4));
    expect(b).toBeGreaterThan(r);
    for (const channel of channels(scale.color(0))) expect(channel).toBeGreaterThan(235);
  });

  it("grows darker away from 0 in every step", () => {
    const scale = colorScale("linear", [1]);
    const light = [0, 0.2, 0.4, 0.6, 0.8, 1].map((v) => channels(scale.color(v)).reduce((a, c) => a + c));
    expect([...light].sort((a, b) => b - a)).toEqual(light);
    expect(new Set(light).size).toBe(6);
  });

  it("symlog lifts small values, minmax spans the values given", () => {
    expect(colorScale("symlog", [1]).position(0.05)).toBeGreaterThan(0.65);
    expect(colorScale("linear", [1]).position(0.05)).toBeCloseTo(0.525, 12);
    const scale = colorScale("minmax", [2, null, 6]);
    expect([2, 4, 6].map((v) => scale.position(v))).toEqual([0, 0.5, 1]);
  });

  it("stands zeros, one value and nothing at all", () => {
    for (const kind of ["linear", "symlog", "minmax"] as const)
      for (const values of [[0, 0], [], [null]]) expect(colorScale(kind, values).color(0)).toMatch(/^#[0-9a-f]{6}$/);
  });
});

describe("heat maps", () => {
  const svg = heatMaps(heatMapData, { document });
  const panels = [...svg.querySelectorAll(".matrix")];
  const colors = (panel: Element): (string | null)[] =>
    [...panel.querySelectorAll(".cells rect")].map((r) => r.getAttribute("fill"));

  it("draws K x K cells for each matrix, row by row", () => {
    expect(panels).toHaveLength(8);
    for (const panel of panels) expect(panel.querySelectorAll(".cells rect")).toHaveLength(100);
    expect(panels[0].querySelectorAll("title")[5].textContent).toBe("logit 0, class 5: -0.346");
  });

  it("uses one color for one value in all panels, and another for another", () => {
    const seen = new Map<number, string | null>();
    solutions.forEach((s, g) => {
      const values = blockMatrix(s).flat();
      colors(panels[2 * g]).forEach((color, i) => {
        const before = seen.get(values[i] + 0);
        if (before !== undefined) expect(color).toBe(before);
        seen.set(values[i] + 0, color);
      });
    });
    expect(seen.get(0)).toBeDefined();
    expect(new Set(seen.values()).size).toBeGreaterThan(6);
  });

  it("puts white lines at the borders of clusters of any size", () => {
    const three = [
      [0, 1],
      [2, 3, 4, 5],
      [6, 7, 8, 9],
    ];
    const drawn = heatMaps({ ...heatMapData, clusters: three }, { document }).querySelector(".matrix")!;
    const side = Number(drawn.querySelector(":scope > rect")!.getAttribute("width"));
    const lines = drawn.querySelector(".borders")!;
    expect(lines.getAttribute("stroke")).toBe("#ffffff");
    const at = [...lines.getAttribute("d")!.matchAll(/M([\d.]+),0V/g)].map((m) => Number(m[1]) / side);
    expect(at[0]).toBeCloseTo(0.2, 3);
    expect(at[1]).toBeCloseTo(0.6, 3);
    expect(at).toHaveLength(2);
  });

  // A long tail whose classes are clusters of their own: every border covers both of its neighbors.
  const tailOf = (K: number): Element => {
    const Z = Array.from({ length: K }, (_, i) => Array.from({ length: K }, (_, j) => (i === j ? K - i : -1)));
    const clusters = Array.from({ length: K }, (_, k) => [k]);
    return heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [Z] }], clusters }, { document, width: 360 });
  };

  it.each([4, 10, 20, 30, 60, 100, 200, 500])("leaves %i clusters of one class visible between their borders", (K) => {
    const drawn = tailOf(K);
    const side = Number(drawn.querySelector(".matrix > rect")!.getAttribute("width"));
    const covered = [...drawn.querySelectorAll(".matrix > path")].reduce((sum, path) => {
      const lines = path.getAttribute("d")!.match(/V/g)!.length;
      return sum + lines * Number(path.getAttribute("stroke-width")) * (path.getAttribute("class") === "borders" ? 0 : 1);
    }, 0);
    expect(covered).toBeLessThan(0.2 * side);
    expect(drawn.querySelectorAll(".borders")).toHaveLength(K <= 30 ? 1 : 0);
  });

  it("draws the border of wide clusters beside a tail of narrow ones", () => {
    const K = 100;
    const Z = Array.from({ length: K }, () => new Array<number>(K).fill(1));
    const tail = Array.from({ length: 20 }, (_, i) => [80 + i]);
    const wide = [0, 40].map((from) => Array.from({ length: 40 }, (_, i) => from + i));
    const drawn = heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [Z] }], clusters: [...wide, ...tail] }, { document });
    const side = Number(drawn.querySelector(".matrix > rect")!.getAttribute("width"));
    const at = [
      ...drawn
        .querySelector(".borders")!
        .getAttribute("d")!
        .matchAll(/M([\d.]+),0V/g),
    ].map((m) => Number(m[1]) / side);
    expect(at).toEqual([expect.closeTo(0.4, 3)]);
  });

  it.each([10, 60, 100, 200, 1200])("keeps the numbers of %i classes apart", (K) => {
    const labels = [...tailOf(K).querySelectorAll(".names text")];
    expect(labels.length).toBeGreaterThan(4);
    // An advance of 0.636 em is that of a digit in DejaVu Sans, which the PNGs are set in.
    const ends = labels.map((text) => {
      const half = (text.textContent!.length * 0.636 * 11) / 2;
      return [Number(text.getAttribute("x")) - half, Number(text.getAttribute("x")) + half];
    });
    for (let i = 1; i < ends.length; i++) expect(ends[i][0]).toBeGreaterThan(ends[i - 1][1] + 1);
  });

  it("hatches what has no value and says so", () => {
    const Z = blockMatrix(solutions[0]).map((row, i) => row.map((v, j) => (i === 3 || j === 7 ? null : v)));
    const drawn = heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [Z] }], clusters }, { document });
    expect(drawn.querySelectorAll(".hatch")).toHaveLength(19);
    expect(colors(drawn.querySelector(".matrix")!).filter((c) => c === "#999999")).toHaveLength(19);
    expect(drawn.textContent).toContain("no value");
    expect(svg.textContent).not.toContain("no value");
  });

  it("keeps hostile class names as text", () => {
    const name = "</text><script>1</script>";
    const drawn = heatMaps({ ...heatMapData, classNames: Array(10).fill(name) }, { document });
    expect(drawn.querySelector("script")).toBeNull();
    expect(drawn.querySelector(".names text")!.textContent).toBe("</text><scr…");
  });

  it("averages a thousand classes instead of drawing a million cells", () => {
    const Z = Array.from({ length: 1000 }, (_, i) =>
      Array.from({ length: 1000 }, (_, j) => (i === j ? 1 : j < 500 ? 0.2 : -0.2)),
    );
    const drawn = heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [Z] }] }, { document });
    expect(drawn.querySelectorAll(".cells rect").length).toBeLessThan(1000);
    expect(drawn.textContent).toContain("10 × 10 entries");
  });
});

it.each([10, 100, 1000, 100_000])("numbers of %i classes under a matrix stand apart", (K) => {
  const cells = arrangeBlocks({ other: [[-1]], own: [2] }, [Array.from({ length: K }, (_, k) => k)]);
  const svg = heatMaps({ rows: ["predicted Z*"], groups: [{ title: "", matrices: [cells] }] }, { document });
  const labels = [...svg.querySelectorAll(".names text")].map((text) => {
    const half = textWidth(text.textContent ?? "", 11) / 2;
    const middle = Number(text.getAttribute("x"));
    return { from: middle - half, to: middle + half, long: (text.textContent ?? "").length > 3 };
  });
  expect(labels.length).toBeGreaterThan(3);
  labels.slice(1).forEach(({ from, long }, i) => {
    // A space's width is 3 pixels; after a long number it takes more to be seen as one.
    expect(from - labels[i].to).toBeGreaterThan(long ? 8 : 3);
  });
});

describe("arrange", () => {
  it("orders classes by cluster, rows and columns alike", () => {
    const Z = [0, 1, 2].map((i) => [0, 1, 2].map((j) => 10 * i + j));
    const { Z: ordered, borders } = arrange(Z, [[0, 2], [1]]);
    expect(ordered).toEqual([
      [0, 2, 1],
      [20, 22, 21],
      [10, 12, 11],
    ]);
    expect(borders).toEqual([2]);
  });

  it("refuses matrices that are not square and clusters that are not a partition", () => {
    expect(() => arrange([[1, 2], [3]])).toThrow("Z[1]: expected 2 values");
    expect(() =>
      arrange(
        [
          [1, 2],
          [3, 4],
        ],
        [[0], [0]],
      ),
    ).toThrow("every class 0 to 1 exactly once");
  });

  it.each([10, 100, 7, 3])("by blocks it gives what the written matrix gives, at most %i classes one by one", (most) => {
    const clusters = [[0, 5, 6], [1], [2, 3, 4, 7]];
    const of = [0, 1, 2, 2, 2, 0, 0, 2];
    const other = [
      [1, 2, 3],
      [4, 77, 6],
      [7, 8, 9],
    ];
    const own = [20, 30, 40];
    const Z = of.map((i, row) => of.map((j, column) => (row === column ? own[j] : other[i][j])));
    const wanted = arrange(Z, clusters, most);
    const found = arrangeBlocks({ other, own }, clusters, most);
    expect({ ...found, Z: 0 }).toEqual({ ...wanted, Z: 0 });
    found.Z.flat().forEach((x, i) => {
      expect(x).toBeCloseTo(wanted.Z.flat()[i] as number, 12);
    });
    const drawn = (matrix: typeof wanted | typeof Z): string =>
      svgText(heatMaps({ rows: ["Z"], groups: [{ title: "t", matrices: [matrix] }], clusters }, { document, most }));
    expect(drawn(found)).toBe(drawn(Z));
  });

  it("is named by its rows and titles, and by its rows alone where there are none", () => {
    const named = (...titles: string[]): string | null =>
      heatMaps(
        { rows: ["Z"], groups: titles.map((title) => ({ title, matrices: [[[1]]] })), clusters: [[0]] },
        { document },
      ).getAttribute("aria-label");
    expect([named("λ = 1", "λ = 2"), named("λ = 1", ""), named("")]).toEqual(["Z for λ = 1, λ = 2", "Z for λ = 1", "Z"]);
  });

  it("means leave missing values out", () => {
    expect(
      blockMean(
        [
          [1, null],
          [5, 9],
        ],
        [0, 2],
        [0, 2],
      ),
    ).toBe(5);
    expect(blockMean([[null]], [0, 1], [0, 1])).toBeNull();
  });
});
