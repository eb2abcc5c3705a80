import { toJson } from "../json.ts";
import { namespace, symbol, visible } from "../plots/index.ts";
import { rows, type Table } from "../terminal/index.ts";
import { styles } from "./styles.ts";

/**
 * One self-contained HTML file: no script, no request to anywhere (a Content-Security-Policy forbids both), legible in
 * light and dark, on a narrow screen and on paper. All text is escaped; pictures must come from the plot functions.
 */
export interface ReportFigure {
  /** Text of an SVG made by the plot functions; inserted as it is. */
  svg: string;
  /** The same picture laid out for a narrow screen (width about 340). */
  narrow?: string;
  caption: string;
}

export interface Section {
  heading: string;
  /** Paragraphs. */
  text?: string | readonly string[];
  tables?: readonly Table[];
  figures?: readonly ReportFigure[];
  /** Numbers behind the section, shown as JSON that can be unfolded and copied. */
  data?: unknown;
}

export interface Report {
  title: string;
  lead: string | readonly string[];
  sections: readonly Section[];
  /** Every setting of the run, printed as a table. */
  settings: Readonly<Record<string, string | number | boolean | null>>;
  versions: Readonly<Record<string, string>>;
}

const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function htmlReport(report: Report): string {
  const settings = [...Object.entries(report.settings), ...Object.entries(report.versions)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(report.title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
<header>
<h1>${prose(report.title)}</h1>
${paragraphs(report.lead, "lead")}
</header>
${report.sections.map(section).join("\n")}
<section>
<h2>Settings and versions</h2>
${table({ caption: "What was run", columns: ["name", "value"], rows: settings.map(([name, value]) => [name, setting(value)]) })}
</section>
</main>
</body>
</html>
`;
}

function section({ heading, text, tables, figures, data }: Section): string {
  return [
    "<section>",
    `<h2>${prose(heading)}</h2>`,
    ...(text === undefined ? [] : [paragraphs(text)]),
    ...(tables ?? []).map(table),
    ...(figures ?? []).map(figure),
    ...(data === undefined ? [] : [`<details><summary>Data (JSON)</summary><pre>${escapeHtml(toJson(data))}</pre></details>`]),
    "</section>",
  ].join("\n");
}

function figure({ svg, narrow, caption }: ReportFigure): string {
  for (const picture of narrow === undefined ? [svg] : [svg, narrow]) {
    if (!picture.startsWith("<svg"))
      throw new TypeError(`htmlReport: a figure must be the text of an <svg>, got ${picture.slice(0, 40)}`);
  }
  const drawing =
    narrow === undefined ? inline(svg) : `<div class="wide">${inline(svg)}</div>\n<div class="narrow">${inline(narrow)}</div>`;
  return `<figure>\n${drawing}\n<figcaption>${prose(caption)}</figcaption>\n</figure>`;
}

/** Inside HTML the namespace goes without saying; so the file holds not a single address. */
function inline(svg: string): string {
  return svg.replaceAll(` xmlns="${namespace}"`, "");
}

/** In a box of its own that scrolls sideways: a wide table must not make the page wide. */
function table(of: Table): string {
  const { text, numeric, notes } = rows(of);
  const kind = (j: number): string => (numeric[j] ? ' class="number"' : "");
  const head = of.columns.map((name, j) => `<th scope="col"${kind(j)}>${prose(name)}</th>`).join("");
  const body = text.map((row) => `<tr>${row.map((cell, j) => `<td${kind(j)}>${prose(cell)}</td>`).join("")}</tr>`);
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(of.caption)}">
<table>
<caption><span>${prose(of.caption)}</span></caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>
</div>
${notes.map((text) => `<p class="note">${prose(text)}</p>`).join("\n")}`;
}

function paragraphs(text: string | readonly string[], name?: string): string {
  return [text]
    .flat()
    .map((p) => `<p${name ? ` class="${name}"` : ""}>${prose(p)}</p>`)
    .join("\n");
}

function setting(value: string | number | boolean | null): string | number | null {
  return typeof value === "boolean" ? String(value) : typeof value === "number" && Number.isFinite(value) ? String(value) : value;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Escaped text with the indices of symbols set as such: λ_Z. */
function prose(text: string): string {
  return escapeHtml(text).replace(indexed, "$1<sub>$2</sub>");
}

const indexed = new RegExp(symbol, "gu");

function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character]);
}
