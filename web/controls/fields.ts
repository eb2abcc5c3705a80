import { h } from "../dom.ts";

/** Fields of a form that is drawn anew with every change of its state: each shows a value and tells of another. */

/** One of some values, each with its words. `chosen` hears another choice. */
export function select<T extends string>(
  id: string,
  values: readonly T[],
  words: Partial<Record<T, string>>,
  value: string,
  chosen: (value: T) => void,
): HTMLSelectElement {
  const made = h(
    "select",
    { id },
    ...values.map((one) => h("option", { value: one, selected: one === value }, words[one] ?? one)),
  );
  made.addEventListener("change", () => chosen(made.value as T));
  return made;
}

/** The same with a label. */
export const choiceField = <T extends string>(
  id: string,
  label: string,
  values: readonly T[],
  words: Partial<Record<T, string>>,
  value: string,
  chosen: (value: T) => void,
): HTMLElement => h("div", { class: "field" }, h("label", { for: id }, label), select(id, values, words, value, chosen));

/** A line of text with a label. `typed` takes it, or says why not. */
export function textField(id: string, label: string, value: string, typed: (text: string) => string | null): HTMLElement {
  const input = h("input", { type: "text", id, value, autocomplete: "off", spellcheck: "false" });
  const message = h("p", { class: "message", role: "status" });
  input.addEventListener("change", () => {
    const why = typed(input.value);
    message.textContent = why ?? "";
    input.setAttribute("aria-invalid", String(why !== null));
  });
  return h("div", { class: "field" }, h("label", { for: id }, label), input, message);
}

/** A box to tick. */
export function checkField(id: string, label: string, value: boolean, ticked: (value: boolean) => void): HTMLElement {
  const box = h("input", { type: "checkbox", id, checked: value });
  box.addEventListener("change", () => ticked(box.checked));
  return h("label", { class: "check" }, box, label);
}
