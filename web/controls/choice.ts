import { h } from "../dom.ts";
import { select } from "./fields.ts";

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
  const input = select(id, Object.keys(words), words, "", choose);
  return {
    node: h("div", { class: "wide" }, h("label", { for: id }, label), input),
    show: (value) => {
      input.value = value;
    },
  };
}
