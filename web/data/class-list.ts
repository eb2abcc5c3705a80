import { statusColor } from "../../src/pictures/index.ts";
import { type ClassStatus, classStatuses } from "../../src/prediction/index.ts";
import { classLabel } from "../../src/words/index.ts";
import { fill, h } from "../dom.ts";
import { number } from "../numbers.ts";
import { type Names, namesOf } from "../prediction/words.ts";
import { type Column, firstList, type ListState, rowsOf, sameClasses, sortedBy, unfiltered } from "./class-rows.ts";
import type { Answer } from "./shown.ts";

/**
 * What becomes of each class, one row each, for any number of classes: searched, sorted, and made for the rows that are in sight only. Rows are of one height, from which follows which these are.
 */
export interface ClassList {
  node: HTMLElement;
  show(answer: Answer): void;
}

/** Head and cell of a column stand together, so that no number comes under another's name. */
const columns: readonly { column: Column; title: string; cell(row: Row, names: Names): Node | string }[] = [
  { column: "class", title: "class", cell: (c, names) => classLabel(c.class, names) },
  { column: "count", title: "samples", cell: (c) => String(c.count) },
  { column: "status", title: "becomes", cell: (c) => statusCell(c.status) },
  { column: "margin", title: "margin in logits", cell: (c) => number(c.margin) },
  { column: "pOwn", title: "p_own", cell: (c) => number(c.pOwn) },
  { column: "rival", title: "strongest rival", cell: (c, names) => classLabel(c.rival, names) },
];
type Row = Answer["classes"][number];

/** Rows above and below what is in sight. */
const spare = 8;

/** On paper nothing can be scrolled: there are as many rows as fill some pages, and a line on the rest. */
const mostOnPaper = 200;

export function classList(): ClassList {
  let list: ListState = firstList;
  let answer: Answer | null = null;
  let rows: Answer["classes"] = [];
  const search = h("input", { type: "search", id: "class-search", placeholder: "name or number", autocomplete: "off" });
  const status = h("select", { id: "class-status" }, ...["all", ...classStatuses].map((value) => h("option", { value }, value)));
  const found = h("p", { class: "note", role: "status", id: "class-found" });
  const body = h("tbody");
  const headCells = columns.map(({ column, title }) => {
    const button = h("button", { type: "button", class: "head" }, title);
    button.addEventListener("click", () => change(sortedBy(list, column)));
    // Paper has no buttons.
    return { column, cell: h("th", { scope: "col", "data-head": title }, button) };
  });
  const table = h(
    "table",
    { class: "class-list" },
    h("caption", {}, "What becomes of each class"),
    h("thead", {}, h("tr", {}, ...headCells.map(({ cell }) => cell))),
    body,
  );
  const scroll = h(
    "div",
    { class: "class-scroll", id: "table-classes", tabindex: 0, role: "region", "aria-label": "What becomes of each class" },
    table,
  );

  const all = h("button", { type: "button", class: "small", id: "class-all" }, "show all classes");
  all.addEventListener("click", () => {
    change(unfiltered(list));
    search.focus();
  });
  const none = h("tr", {}, h("td", { colspan: columns.length }, "no class is like that ", all));

  const change = (next: ListState): void => {
    list = next;
    scroll.scrollTop = 0;
    update();
  };
  const update = (): void => {
    if (!answer) return;
    rows = rowsOf(answer.classes, list);
    for (const { column, cell } of headCells) {
      if (column === list.column) cell.setAttribute("aria-sort", list.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    if (search.value !== list.search) search.value = list.search;
    status.value = list.status;
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    const K = answer.classes.length;
    fill(found, rows.length === K ? `${K} classes` : `${rows.length} of ${K} classes`);
    paint();
  };
  const paint = (): void => {
    const names = answer && namesOf(answer);
    const height = rowHeight(scroll);
    const paper = printing || print.matches;
    const [first, last] = paper ? [0, Math.min(rows.length, mostOnPaper)] : inSight(height);
    const left = paper && rows.length > last ? restText(rows.length - last) : null;
    fill(
      body,
      !paper && space(first * height),
      rows.length === 0 && none,
      ...rows
        .slice(first, last)
        .map((c, i) =>
          h(
            "tr",
            { "aria-rowindex": first + i + 2 },
            ...columns.map(({ cell }, k) =>
              k === 0 ? h("th", { scope: "row", title: c.name ?? undefined }, cell(c, names)) : h("td", {}, cell(c, names)),
            ),
          ),
        ),
      !paper && space((rows.length - last) * height),
      left && h("tr", {}, h("td", { colspan: columns.length }, left)),
    );
  };
  const inSight = (height: number): [number, number] => [
    Math.max(0, Math.floor(scroll.scrollTop / height) - spare),
    Math.min(rows.length, Math.ceil((scroll.scrollTop + Math.max(scroll.clientHeight, 320)) / height) + spare),
  ];
  // A browser that prints says so before; one that shows what it would print has the medium.
  let printing = false;
  const print = matchMedia("print");
  const turned = (to: boolean): void => {
    printing = to;
    paint();
  };
  print.addEventListener("change", () => paint());
  addEventListener("beforeprint", () => turned(true));
  addEventListener("afterprint", () => turned(false));
  scroll.addEventListener("scroll", paint, { passive: true });
  new ResizeObserver(() => answer && paint()).observe(scroll);
  search.addEventListener("input", () => change({ ...list, search: search.value }));
  status.addEventListener("change", () => change({ ...list, status: status.value as ClassStatus | "all" }));

  return {
    node: h(
      "div",
      { class: "class-table" },
      h(
        "div",
        { class: "list-controls" },
        h("label", { for: "class-search" }, "Search", search),
        h("label", { for: "class-status" }, "Becomes", status),
        found,
      ),
      scroll,
    ),
    show(next) {
      // What was looked for in other classes is not asked of these.
      const other = answer !== null && !sameClasses(answer.classes, next.classes);
      answer = next;
      if (other) change(unfiltered(list));
      else update();
    },
  };
}

/** Of the style sheet. */
const rowHeight = (node: HTMLElement): number => Number.parseFloat(getComputedStyle(node).getPropertyValue("--row-height")) || 32;

/** Styles by script: the page's policy allows none in attributes. */
function statusCell(status: ClassStatus): HTMLElement {
  const node = h("span", { class: "status" }, status);
  node.style.setProperty("--status", statusColor(status));
  return node;
}

const restText = (rest: number): string =>
  `and ${rest} more in this order, which the saved CSV has: search or sort the list for others on paper`;

function space(height: number): HTMLElement {
  const cell = h("td", { colspan: columns.length });
  cell.style.height = `${height}px`;
  return h("tr", { class: "space", "aria-hidden": "true" }, cell);
}
