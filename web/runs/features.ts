import { featureLayout, featureMeans } from "../../src/pictures/index.ts";
import { mostOwnColors } from "../../src/plots/index.ts";
import { classLabel } from "../../src/words/index.ts";
import { h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import type { Item } from "./item.ts";
import { pickedIn, pickedText } from "./picked.ts";

/** Which classes are drawn of the features of an item; null: all. */
export type Picked = readonly number[] | null;

/** Pictures of the features of each item that has a view, with a choice of the classes that are drawn. */
export function viewFigures(
  items: readonly Pick<Item, "name" | "counts" | "classNames" | "view">[],
  pickedOf: (name: string) => Picked,
  pick: (name: string, picked: Picked) => void,
  prefix = "view",
): HTMLElement[] {
  return items.flatMap((item, place) => {
    const { name, counts, classNames, view } = item;
    if (!view) return [];
    const i = `${prefix}-${place}`;
    const picked = pickedOf(name);
    const means = figure(`${i}-means`, "The features", `${name}: along the leading directions of the class means.`);
    means.draw((width) => featureMeans({ counts, classNames, view, picked }, { width }));
    const { umap } = view;
    const layout = umap && figure(`${i}-umap`, "The features, laid out", `${name}: the same samples laid out by UMAP.`);
    if (layout && umap) layout.draw((width) => featureLayout({ counts, classNames, view: { ...view, umap }, picked }, { width }));
    return [
      h(
        "div",
        { class: "view" },
        picker(item, i, picked, (classes) => pick(name, classes)),
        h("div", { class: "figures" }, means.node, layout?.node),
      ),
    ];
  });
}

/** A box a class, or of many classes a field that takes numbers, ranges and names. */
function picker(
  { name, counts, classNames }: Pick<Item, "name" | "counts" | "classNames">,
  i: string,
  picked: Picked,
  pick: (picked: Picked) => void,
): HTMLElement {
  const K = counts.length;
  const legend = `Classes drawn of ${name}`;
  if (K <= mostOwnColors) {
    const boxes = counts.map((_, k) => {
      const box = h("input", { type: "checkbox", id: `${i}-class-${k}`, checked: picked?.includes(k) ?? true });
      box.addEventListener("change", () => {
        const classes = boxes.flatMap(({ box: one }, c) => (one.checked ? [c] : []));
        pick(classes.length === K || classes.length === 0 ? null : classes);
      });
      return { box, node: h("label", { class: "check" }, box, classLabel(k, classNames)) };
    });
    return h("fieldset", { class: "classes" }, h("legend", {}, legend), ...boxes.map(({ node }) => node));
  }
  const id = `${i}-classes`;
  const input = h("input", {
    type: "text",
    id,
    value: picked ? pickedText(picked) : "",
    placeholder: "all",
    autocomplete: "off",
  });
  const message = h("p", { class: "message", role: "status" });
  input.addEventListener("change", () => {
    const found = pickedIn(input.value, K, classNames);
    if ("why" in found) {
      message.textContent = found.why;
      input.setAttribute("aria-invalid", "true");
    } else pick(found.picked);
  });
  return h("div", { class: "field" }, h("label", { for: id }, `${legend} (0–9, 12, names; nothing: all)`), input, message);
}
