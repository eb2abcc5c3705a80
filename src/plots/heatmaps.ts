import { type Arranged, arrange, type Cells, type Clusters } from "../cells.ts";
import { type ColorKind, type ColorScale, colorScale } from "./color.ts";
import { colorLegend, colorMeaning, matrixPanel } from "./matrix.ts";
import { type Block, legend, note, page } from "./page.ts";
import { documentOf, element, type PictureOptions, textWidth } from "./svg.ts";

/**
 * Mean predictions as heat maps: for each value of lambda_Z the predicted Z* above the measured Z, all in one color scale,
 * with white lines between clusters. A null value is grey and hatched.
 */
export interface HeatMapData {
  /** What each row of a group shows, e.g. `["predicted Z*", "measured Z"]`. */
  rows: readonly string[];
  /** One group a column: its title ("λ_Z = 0.0027") and a matrix for each of `rows`, as it is or arranged already; null where there is none. */
  groups: readonly { title: string; matrices: readonly (Cells | Arranged | null)[]; clusters?: Clusters }[];
  /** Clusters of every group that does not name its own. */
  clusters?: Clusters;
  /** In the order of the classes; numbers by default. */
  classNames?: readonly string[];
  /** What a cell holds: a logit (rows) at a class mean (columns), the default, or an entry of a Gram matrix of classes. */
  cells?: "logits" | "gram";
  /** What the colors show, where it is not the cells' own value: "min-max standardized logit". */
  quantity?: string;
}

export interface HeatMapOptions extends PictureOptions {
  /** How values become colors. */
  scale?: ColorKind;
  /** See `colorScale`. */
  constant?: number;
  /** Groups in one line; default: as many as leave a matrix 90 pixels or more. */
  perLine?: number;
  /** More classes than this are averaged (default 100). */
  most?: number;
  /** Side of a matrix in pixels, where there is room (default 240). */
  side?: number;
}

const gap = 12;
const usualSide = 240;

/** Draws matrices as heat maps, side by side. */
export function heatMaps(data: HeatMapData, options: HeatMapOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 720;
  const left = 22 + nameWidth(data.classNames);
  const fit = Math.max(1, Math.min(data.groups.length, options.perLine ?? Math.floor((width - left) / (90 + gap))));
  // Lines of equal length: four groups where three fit are two lines of two, and larger for it.
  const perLine = Math.ceil(data.groups.length / Math.ceil(data.groups.length / fit));
  const side = Math.min(options.side ?? usualSide, Math.floor((width - left - gap * (perLine - 1) - 8) / perLine));
  const groups = data.groups.map((group) => ({
    title: group.title,
    matrices: data.rows.map((_, r) => {
      const Z = group.matrices[r] ?? null;
      return Z && ("bin" in Z ? Z : arrange(Z, group.clusters ?? data.clusters, options.most));
    }),
  }));
  const scale = colorScale(options.scale ?? "linear", values(groups), options.constant);

  const lines: Block[] = [];
  for (let at = 0; at < groups.length; at += perLine)
    lines.push(line(document, groups.slice(at, at + perLine), data, scale, { left, side }));
  const drawn = groups.flatMap((group) => group.matrices).filter((m) => m !== null);
  const bin = Math.max(1, ...drawn.map((m) => m.bin));
  const gram = data.cells === "gram";
  const caption = `${gram ? "Rows and columns: classes." : "Columns: classes k. Rows: logits i."}${bin > 1 ? ` A cell is the mean over ${bin} × ${bin} entries.` : ""}`;
  const missing = drawn.some((m) => m.Z.some((row) => row.includes(null)));
  const titles = data.groups.map((group) => group.title).filter((title) => title !== "");
  return page(options, width, `${data.rows.join(" and ")}${titles.length > 0 ? ` for ${titles.join(", ")}` : ""}`, [
    ...lines,
    note(document, caption, { "font-size": 12 }, width),
    note(
      document,
      `Color: ${data.quantity ?? (gram ? "entry" : "logit")}, ${colorMeaning[scale.kind]}.`,
      { "font-size": 12 },
      width,
    ),
    colorLegend(document, width, scale),
    ...(missing ? [legend(document, width, [{ label: "no value", color: "#999999", mark: "hatch" }])] : []),
  ]);
}

type Group = { title: string; matrices: (Arranged | null)[] };

function* values(groups: readonly Group[]): Generator<number | null> {
  for (const group of groups) for (const m of group.matrices) if (m) for (const row of m.Z) yield* row;
}

/** One line of groups: titles on top, the captions of the rows at the left, class names (or numbers) at left and bottom. */
function line(
  document: Document,
  groups: readonly Group[],
  data: HeatMapData,
  scale: ColorScale,
  size: { left: number; side: number },
): Block {
  const node = element(document, "g", { class: "line" });
  const { left, side } = size;
  const bottom = data.classNames ? Math.min(90, nameWidth(data.classNames) + 8) : 18;
  groups.forEach((group, g) => {
    const x = left + g * (side + gap);
    node.append(element(document, "text", { x: x + side / 2, y: 18 }, group.title));
    group.matrices.forEach((m, r) => {
      const y = 28 + r * (side + gap);
      node.append(
        m
          ? matrixPanel(document, m, scale, { x, y, side, name: `${data.rows[r]}, ${group.title}` })
          : element(document, "text", { x: x + side / 2, y: y + side / 2 }, "not run"),
      );
      if (m && g === 0 && data.classNames) node.append(names(document, m, data.classNames, { x: x - 5, y, side, turned: false }));
    });
    const last = [...group.matrices].reverse().find((m) => m !== null);
    const y = 28 + data.rows.length * (side + gap) - gap;
    if (last) node.append(names(document, last, data.classNames, { x, y: y + 5, side, turned: true }));
  });
  data.rows.forEach((row, r) => {
    const y = 28 + r * (side + gap) + side / 2;
    node.append(element(document, "text", { transform: `translate(14,${y}) rotate(-90)` }, row));
  });
  return { node, height: 28 + data.rows.length * (side + gap) - gap + bottom + 10 };
}

/** Names of classes, or their numbers where there are no names and they fit. */
function names(
  document: Document,
  m: Arranged,
  given: readonly string[] | undefined,
  at: { x: number; y: number; side: number; turned: boolean },
): SVGElement {
  const cell = at.side / m.Z.length;
  // Names are turned, a line high each; numbers stand side by side.
  const widest = Math.max(...m.classes.map((k) => textWidth(String(k), 11)));
  // Long numbers run together at a gap that does between short ones.
  const room = given ? 11 : Math.max(17, widest + (widest > 20 ? 10 : 4));
  const every = Math.max(1, Math.ceil(room / cell));
  const node = element(document, "g", { class: "names", "font-size": 11, "text-anchor": given ? "end" : "middle" });
  m.classes.forEach((k, i) => {
    if (i % every !== 0) return;
    const middle = (i + 0.5) * cell;
    const text = given ? shorten(given[k] ?? String(k)) : String(k);
    if (!at.turned) node.append(element(document, "text", { x: at.x, y: at.y + middle, dy: "0.32em" }, text));
    else if (given)
      node.append(
        element(document, "text", { transform: `translate(${at.x + middle},${at.y}) rotate(-90)`, dy: "0.32em" }, text),
      );
    else node.append(element(document, "text", { x: at.x + middle, y: at.y + 9 }, text));
  });
  return node;
}

function nameWidth(names: readonly string[] | undefined): number {
  return names ? Math.max(...names.map((name) => textWidth(shorten(name), 11))) + 6 : 0;
}

function shorten(name: string): string {
  return name.length > 12 ? `${name.slice(0, 11)}…` : name;
}
