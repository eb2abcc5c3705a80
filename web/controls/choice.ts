import { h } from "../dom.ts";

/** One of some words, as a list that opens. */
export interface Choice {
  node: HTMLElement;
  show(value: string): void;
}

export function choice(
  id: string,
  label: string,
  words: Readonly<Record<string, string>>,
  choose: (value: string) => void,
): Choice {
  const select = h("select", { id }, ...Object.entries(words).map(([value, text]) => h("option", { value }, text)));
  select.addEventListener("change", () => choose(select.value));
  return {
    node: h("div", { class: "wide" }, h("label", { for: id }, label), select),
    show: (value) => {
      select.value = value;
    },
  };
}
