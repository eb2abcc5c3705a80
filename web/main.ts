import { fill, h } from "./dom.ts";
import { startSolver } from "./solver/client.ts";
import type { Tab } from "./state.ts";
import { tabs } from "./state.ts";
import { openStore } from "./store.ts";
import { theoryTab } from "./theory/tab.ts";

/**
 * The interactive page: a head, its tabs, and each tab's content, which is made (and for all but the first: loaded) when it is first looked at.
 */
const names: Record<Tab, string> = { theory: "Theory", data: "Your data", train: "Train", runs: "Runs", watch: "Watch" };

const problems = h("div", { class: "problems", role: "alert" });
const store = openStore((found) => fill(problems, ...found.map((text) => h("p", { class: "error" }, text))));
const solvers = { quick: startSolver(), slow: startSolver() };

const make: Record<Tab, () => Promise<HTMLElement>> = {
  theory: async () => theoryTab(store, solvers),
  data: async () => (await import("./data/tab.ts")).dataTab(store),
  train: async () => (await import("./train/tab.ts")).trainTab(store),
  runs: async () => (await import("./runs/tab.ts")).runsTab(solvers),
  watch: async () => (await import("./watch/tab.ts")).watchTab(solvers),
};

const buttons = new Map<Tab, HTMLElement>();
const panels = new Map<Tab, HTMLElement>();
const made = new Set<Tab>();
// Without `nclab watch`, which opens the page there, nothing could be watched.
const shown = tabs.filter((tab) => tab !== "watch" || store.get().tab === "watch");
for (const tab of tabs) {
  const button = h("button", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}` }, names[tab]);
  button.addEventListener("click", () => store.set({ tab }));
  button.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key as "ArrowRight"];
    if (way === undefined) return;
    const next = shown[(shown.indexOf(tab) + way + shown.length) % shown.length];
    store.set({ tab: next });
    buttons.get(next)?.focus();
  });
  button.hidden = !shown.includes(tab);
  buttons.set(tab, button);
  panels.set(tab, h("section", { role: "tabpanel", id: `panel-${tab}`, "aria-labelledby": `tab-${tab}`, hidden: true }));
}

function open(tab: Tab): void {
  for (const [name, button] of buttons) {
    if (name === tab) button.hidden = false;
    button.setAttribute("aria-selected", String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
  }
  for (const [name, panel] of panels) panel.hidden = name !== tab;
  document.title = `${names[tab]}, nclab explorer`;
  if (made.has(tab)) return;
  made.add(tab);
  const panel = panels.get(tab) as HTMLElement;
  fill(panel, h("p", { class: "note", role: "status" }, "loading …"));
  make[tab]().then(
    (content) => fill(panel, content),
    (error: Error) => {
      made.delete(tab);
      fill(panel, h("p", { class: "error", role: "alert" }, `This tab could not be loaded: ${error.message}`));
    },
  );
}

fill(
  document.querySelector("#page") as Element,
  h(
    "header",
    {},
    h("h1", {}, "nclab explorer"),
    h(
      "p",
      {},
      "Neural collapse on imbalanced data: what the last layer becomes at the end of training, computed here, with its proof.",
    ),
    h("div", { role: "tablist", "aria-label": "Views" }, ...buttons.values()),
  ),
  h("main", {}, problems, ...panels.values()),
);
store.listen((state, before) => {
  if (state.tab !== before.tab) open(state.tab);
});
open(store.get().tab);
