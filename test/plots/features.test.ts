import { describe, expect, test } from "vitest";
import { type FeaturesData, featureScatter } from "../../src/plots/features.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { axisOf, keysOf, panelsOf } from "./reading.ts";

const document = headlessDocument();

/** Three classes in three directions; a sample of each at its mean and at one place beside it. */
const data: FeaturesData = {
  counts: [30, 20, 10],
  classNames: ["cat", "dog", "bee"],
  groups: null,
  sample: {
    classes: [0, 0, 1, 1, 2, 2],
    points: [
      [2, 0, 1],
      [2.5, 0.5, 1],
      [-1, 1.5, 0],
      [-1, 1, 0.5],
      [-1, -1.5, -1],
      [-1.5, -1.5, -1],
    ],
  },
  along: {
    shares: [0.5, 0.3, 0.2],
    means: [
      [2, 0, 1],
      [-1, 1.5, 0],
      [-1, -1.5, -1],
    ],
    covariances: [0.04, 0.09, 0.01].map((v) => [
      [v, v / 2, 0],
      [v / 2, v, 0],
      [0, 0, 4 * v],
    ]),
  },
  notes: ["a note"],
};
const drawn = (more: Partial<FeaturesData> = {}, width = 640): SVGSVGElement =>
  featureScatter({ ...data, ...more }, { document, width });

const pairs = [
  [0, 1],
  [0, 2],
  [1, 2],
];

/** Pixels of the picture: those of the panel, moved with its groups. */
const numbers = (text: string): number[] => (text.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);

describe("three directions: every pair of them, in the same scale on both axes", () => {
  const panels = panelsOf(drawn());

  test.each([0, 1, 2])("panel %i shows the samples, means and ellipses at their places", (i) => {
    const panel = panels[i];
    const [a, b] = pairs[i];
    const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
    const pixel = x.value(1) - x.value(0);
    expect(y.value(0) - y.value(1)).toBeCloseTo(pixel, 6);
    const near = (value: number, wanted: number): void => void expect(Math.abs(value - wanted)).toBeLessThan(0.3 * pixel);
    const marks = [...panel.querySelectorAll(".dots")];
    const symbols = [...panel.querySelectorAll(".mean")];
    const ellipses = [...panel.querySelectorAll(".ellipse")];
    expect([marks, symbols, ellipses].map((list) => list.length)).toEqual([3, 3, 3]);
    data.along?.means.forEach((mean, k) => {
      const [px, py] = numbers(symbols[k].getAttribute("transform") ?? "");
      near(x.value(px), (mean as number[])[a]);
      near(y.value(py), (mean as number[])[b]);
      expect(
        new Set([symbols[k].getAttribute("fill"), ellipses[k].getAttribute("stroke"), marks[k].getAttribute("stroke")]).size,
      ).toBe(1);
      const dots = [...(marks[k].getAttribute("d") ?? "").matchAll(/M([-\d.]+),([-\d.]+)h/g)];
      dots.forEach(([, dx, dy], n) => {
        near(x.value(Number(dx)), data.sample.points[2 * k + n][a]);
        near(y.value(Number(dy)), data.sample.points[2 * k + n][b]);
      });
      expect(dots).toHaveLength(2);
    });
  });

  test.each([0, 1, 2])("panel %i: points of an ellipse are two standard deviations from the mean", (i) => {
    const panel = panels[i];
    const [a, b] = pairs[i];
    const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
    [...panel.querySelectorAll(".ellipse")].forEach((path, k) => {
      const C = data.along?.covariances[k] as readonly (readonly number[])[];
      const m = data.along?.means[k] as readonly number[];
      // Both ends of the long axis, then by the radii both of the short one.
      const [x1, y1, rx, ry, degrees, , , x2, y2] = numbers(path.getAttribute("d") ?? "");
      const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2];
      const turned = (degrees * Math.PI) / 180;
      expect(Math.hypot(x2 - x1, y2 - y1) / 2).toBeCloseTo(rx, 0);
      const ends = [
        [x1, y1],
        [x2, y2],
        [cx - ry * Math.sin(turned), cy + ry * Math.cos(turned)],
      ];
      const det = C[a][a] * C[b][b] - C[a][b] ** 2;
      for (const [px, py] of ends) {
        const [u, v] = [x.value(px) - m[a], y.value(py) - m[b]];
        const level = Math.sqrt((C[b][b] * u * u - 2 * C[a][b] * u * v + C[a][a] * v * v) / det);
        expect(Math.abs(level - 2)).toBeLessThan(0.05);
      }
    });
  });

  test("axes say their share, the legend class and count, the labels the class", () => {
    const text = drawn().textContent ?? "";
    for (const words of ["direction 1 (50 %)", "direction 2 (30 %)", "direction 3 (20 %)", "a note"])
      expect(text).toContain(words);
    const keys = keysOf(drawn());
    expect(keys.map(({ label }) => label)).toEqual(["cat (n = 30)", "dog (n = 20)", "bee (n = 10)"]);
    const fills = [...panels[0].querySelectorAll(".mean")].map((mean) => mean.getAttribute("fill"));
    expect(keys.map(({ symbol }) => symbol?.color)).toEqual(fills);
    expect([...panels[0].querySelectorAll(".labels text")].map((label) => label.textContent)).toEqual(["bee", "dog", "cat"]);
  });

  test("a narrow picture has them one below the other, all within it", () => {
    const narrow = drawn({}, 340);
    expect(panelsOf(narrow)).toHaveLength(3);
    expect(narrow.getAttribute("width")).toBe("340");
  });
});

describe("fewer directions", () => {
  const along = (q: number): Partial<FeaturesData> => ({
    sample: { ...data.sample, points: data.sample.points.map((p) => p.slice(0, q)) },
    along: data.along && {
      shares: data.along.shares.slice(0, q),
      means: data.along.means.map((m) => m?.slice(0, q) ?? null),
      covariances: data.along.covariances.map((C) => C?.slice(0, q).map((row) => row.slice(0, q)) ?? null),
    },
  });

  test("two: one panel", () => {
    expect(panelsOf(drawn(along(2)))).toHaveLength(1);
  });

  test("one: a row a class, the means and twice their standard deviations on one axis", () => {
    const picture = drawn(along(1));
    const ticks = [...picture.querySelectorAll("g > g > text")].filter((t) => /^−?[\d.]+$/.test(t.textContent ?? ""));
    const at = ticks.map((t) => ({ pixel: Number(t.getAttribute("x")), value: Number((t.textContent ?? "").replace("−", "-")) }));
    const [first, last] = [at[0], at[at.length - 1]];
    const value = (pixel: number): number =>
      first.value + ((pixel - first.pixel) * (last.value - first.value)) / (last.pixel - first.pixel);
    const spreads = [...picture.querySelectorAll(".spread")].map((line) =>
      [line.getAttribute("x1"), line.getAttribute("x2")].map((x) => value(Number(x))),
    );
    [0.2, 0.3, 0.1].forEach((deviation, k) => {
      const [mean] = data.along?.means[k] ?? [0];
      expect(spreads[k][0]).toBeCloseTo(mean - 2 * deviation, 1);
      expect(spreads[k][1]).toBeCloseTo(mean + 2 * deviation, 1);
    });
    expect(picture.textContent).toContain("direction 1 (50 %)");
  });

  test("none: it is said", () => {
    expect(drawn({ ...along(0), notes: [] }).textContent).toContain("All class means are equal");
  });
});

describe("many classes", () => {
  const many = (K: number, groups: FeaturesData["groups"]): FeaturesData => {
    const place = (k: number): number[] => [Math.cos(k), Math.sin(k * 1.7), Math.cos(k * 2.3)];
    return {
      counts: Array.from({ length: K }, (_, k) => K - k),
      groups,
      sample: { classes: Array.from({ length: K }, (_, k) => k), points: Array.from({ length: K }, (_, k) => place(k)) },
      along: {
        shares: [0.3, 0.2, 0.1],
        means: Array.from({ length: K }, (_, k) => place(k)),
        covariances: Array.from({ length: K }, () => [0, 1, 2].map((a) => [0, 1, 2].map((b) => (a === b ? 0.01 : 0)))),
      },
      notes: [],
    };
  };
  const all = (K: number): number[] => Array.from({ length: K }, (_, k) => k);
  const halves = (K: number) => [
    { label: "many", classes: all(K).slice(0, K / 2) },
    { label: "few", classes: all(K).slice(K / 2) },
  ];

  test("groups have colors and entries of the legend; labels do not cover one another", () => {
    const picture = featureScatter(many(100, halves(100)), { document });
    const keys = keysOf(picture);
    expect(keys.map(({ label }) => label)).toEqual(["many: 50 classes", "few: 50 classes"]);
    const panel = panelsOf(picture)[0];
    const fills = [...panel.querySelectorAll(".mean")].map((mean) => mean.getAttribute("fill"));
    expect(fills.slice(0, 50).every((fill) => fill === keys[0].symbol?.color)).toBe(true);
    expect(fills.slice(50).every((fill) => fill === keys[1].symbol?.color)).toBe(true);
    const labels = [...panel.querySelectorAll(".labels text")];
    expect(labels.length).toBeGreaterThan(10);
    expect(labels.length).toBeLessThanOrEqual(40);
    const boxes = labels.map((t) => {
      const half = ((t.textContent ?? "").length * 11 * 0.6) / 2;
      const [x, y] = [Number(t.getAttribute("x")), Number(t.getAttribute("y"))];
      return [x - half, y - 5, x + half, y + 5];
    });
    boxes.forEach((p, i) => {
      for (const q of boxes.slice(i + 1)) expect(p[0] >= q[2] || p[2] <= q[0] || p[1] >= q[3] || p[3] <= q[1]).toBe(true);
    });
    // The rarest class has one sample, and no spread.
    expect(panel.querySelectorAll(".ellipse")).toHaveLength(99);
  });

  test("a thousand have one ellipse a group, and a picture of less than 600 KB", () => {
    const picture = featureScatter(many(1000, halves(1000)), { document });
    expect(panelsOf(picture)[0].querySelectorAll(".ellipse")).toHaveLength(2);
    expect(picture.outerHTML.length).toBeLessThan(600_000);
    const equal = featureScatter(many(1000, null), { document });
    expect(panelsOf(equal)[0].querySelectorAll(".ellipse")).toHaveLength(1);
    expect(equal.textContent).toContain("1000 classes of equal count");
  });

  test("means of more than 150 classes are dots, one path a color, at their places; names stand at the outermost", () => {
    const few = many(152, halves(152));
    const picture = featureScatter(few, { document });
    const panel = panelsOf(picture)[0];
    expect(panel.querySelectorAll(".mean")).toHaveLength(0);
    const paths = [...panel.querySelectorAll(".means")];
    expect(paths.map((path) => path.getAttribute("stroke"))).toEqual(keysOf(picture).map(({ symbol }) => symbol?.color));
    const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
    const pixel = x.value(1) - x.value(0);
    const mean = (k: number) => few.along?.means[k] as readonly number[];
    const dots = paths.flatMap((path) => [...(path.getAttribute("d") ?? "").matchAll(/M([-\d.]+),([-\d.]+)h/g)]);
    expect(dots).toHaveLength(152);
    dots.forEach(([, px, py], k) => {
      expect(Math.abs(x.value(Number(px)) - mean(k)[0])).toBeLessThan(pixel);
      expect(Math.abs(y.value(Number(py)) - mean(k)[1])).toBeLessThan(pixel);
    });
    const far = few.along?.means.map((m) => Math.hypot(m?.[0] ?? 0, m?.[1] ?? 0)) ?? [];
    const named = [...panel.querySelectorAll(".labels text")].map((t) => far[Number(t.textContent)]);
    expect(named.length).toBeGreaterThan(5);
    const median = [...far].sort((p, q) => p - q)[76];
    expect(Math.min(...named)).toBeGreaterThan(median);
    expect(named[0]).toBe(Math.max(...far));
  });

  test("what is too many counts classes with samples, in every part of the picture", () => {
    const some = many(160, null);
    const without = (k: number): boolean => k >= 140;
    const picture = featureScatter(
      {
        ...some,
        counts: some.counts.map((_, k) => (without(k) ? 0 : 7)),
        sample: { classes: some.sample.classes.slice(0, 140), points: some.sample.points.slice(0, 140) },
        along: some.along && {
          ...some.along,
          means: some.along.means.map((m, k) => (without(k) ? null : m)),
          covariances: some.along.covariances.map((C, k) =>
            without(k) ? null : (C?.map((row) => row.map((v) => 100 * v)) ?? null),
          ),
        },
      },
      { document },
    );
    const panel = panelsOf(picture)[0];
    expect(panel.querySelectorAll(".mean")).toHaveLength(140);
    expect(panel.querySelectorAll(".ellipse")).toHaveLength(140);
    // Ellipses of two units about means within one: the axes have room for them.
    expect(Math.abs(axisOf(panel, "x").value(0) - axisOf(panel, "x").value(640))).toBeGreaterThan(5);
    expect(picture.textContent).toContain("140 classes of equal count");
  });

  test("60,000 in seconds, as a picture of less than 2 MB; on one line too", () => {
    const K = 60_000;
    const all = many(K, halves(K));
    const begun = performance.now();
    const picture = featureScatter(all, { document });
    const size = picture.outerHTML.length;
    const widths = (name: string): number[] =>
      [...panelsOf(picture)[0].querySelectorAll(name)].map((path) => Number(path.getAttribute("stroke-width")));
    expect(Math.max(...widths(".dots"))).toBeLessThan(Math.min(...widths(".means")));
    const line = {
      ...all,
      sample: { ...all.sample, points: all.sample.points.map((p) => p.slice(0, 1)) },
      along: {
        shares: [1],
        means: all.along?.means.map((m) => [m?.[0] ?? 0]) ?? [],
        covariances: all.counts.map(() => [[0.01]]),
      },
    };
    const strip = featureScatter(line, { document });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect([size < 2e6, strip.outerHTML.length < 2e6]).toEqual([true, true]);
    expect(Number(strip.getAttribute("height"))).toBeLessThan(700);
  });

  test("seven to twelve have a color each", () => {
    const picture = featureScatter(many(12, null), { document });
    expect(new Set(keysOf(picture).map(({ symbol }) => symbol?.color)).size).toBe(12);
  });
});

test("a layout has a frame and no axes", () => {
  const picture = drawn({ along: null, sample: { ...data.sample, points: data.sample.points.map((p) => p.slice(0, 2)) } });
  expect(panelsOf(picture)).toHaveLength(0);
  expect(picture.querySelectorAll(".dots")).toHaveLength(3);
  expect([...picture.querySelectorAll(".labels text")].map((t) => t.textContent).sort()).toEqual(["bee", "cat", "dog"]);
});

test("samples far outside are not drawn, and counted", () => {
  const points = Array.from({ length: 400 }, (_, i) => [i / 400, (i % 7) / 7, 0]);
  points[5] = [1e6, 0, 0];
  const picture = drawn({ sample: { classes: points.map(() => 0), points } });
  expect(picture.textContent).toContain("One of the samples lies outside.");
});
