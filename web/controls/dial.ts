import { fill, h } from "../dom.ts";
import { exact } from "../numbers.ts";
import { noNumber, parseNumber } from "../parse-number.ts";

/**
 * One quantity: a slider on a log scale for the hand and a number field for the exact value. The field takes anything the rule allows, also beyond
 * the slider's ends; what it refuses is said beside it and changes nothing.
 */
export interface DialOptions {
  /** Also the element's id and the name in the address. */
  id: string;
  label: string;
  /** Ends of the slider. */
  from: number;
  to: number;
  whole?: boolean;
  /** Boxes that set what no slider reaches, 0 and Infinity, with their labels. */
  zero?: string;
  infinity?: string;
  /** What the field refuses, in words; null: nothing. */
  refuse(value: number): string | null;
}

export interface Dial {
  node: HTMLElement;
  /** Shows a value without telling anybody. */
  show(value: number): void;
  /** Another label. */
  rename(label: string): void;
}

/** Steps of the slider from end to end. */
const steps = 1000;

export function dial(options: DialOptions, onChange: (value: number) => void): Dial {
  const { id, from, to, whole = false } = options;
  let { label } = options;
  const name = h("label", { for: id }, label);
  const slider = h("input", {
    type: "range",
    min: 0,
    max: steps,
    step: 1,
    id: `${id}-slider`,
    "aria-label": `${plain(label)}, slider`,
  });
  const field = h("input", {
    type: "text",
    inputmode: "decimal",
    id,
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": `${id}-message`,
  });
  const message = h("p", { class: "message", id: `${id}-message`, role: "status" });
  const boxes = (
    [
      ["zero", 0],
      ["infinity", Number.POSITIVE_INFINITY],
    ] as const
  ).flatMap(([name, end]) => {
    const text = options[name];
    return text === undefined ? [] : [{ end, text, box: h("input", { type: "checkbox", id: `${id}-${name}` }) }];
  });
  let shown = Number.NaN;
  /** What unticking a box goes back to. */
  let between = Math.sqrt(from * to);

  const valueAt = (position: number): number => {
    const value = from * (to / from) ** (position / steps);
    return whole ? Math.round(value) : Number(value.toPrecision(3));
  };
  const positionOf = (value: number): number =>
    Math.round(steps * Math.min(1, Math.max(0, Math.log(value / from) / Math.log(to / from))));
  const say = (text: string | null): void => {
    fill(message, text);
    field.toggleAttribute("aria-invalid", text !== null);
    if (text !== null) field.setAttribute("aria-invalid", "true");
  };
  const show = (value: number): void => {
    shown = value;
    const boxed = boxes.some(({ end }) => end === value);
    if (!boxed) between = value;
    slider.disabled = boxed;
    // While a slider is held its own position is finer than the rounded value.
    if (document.activeElement !== slider || valueAt(Number(slider.value)) !== value)
      slider.value = String(value === 0 ? 0 : positionOf(Math.min(value, to)));
    slider.setAttribute("aria-valuetext", exact(value));
    for (const { box, end } of boxes) box.checked = end === value;
    if (document.activeElement !== field || parseNumber(field.value) !== value) field.value = exact(value);
    say(null);
  };
  const offer = (value: number): void => {
    show(value);
    onChange(value);
  };

  slider.addEventListener("input", () => {
    const value = valueAt(Number(slider.value));
    if (value !== shown) offer(value);
  });
  // Whole numbers at the low end of a log scale are many steps apart: a key goes to the next one.
  slider.addEventListener("keydown", (event) => {
    const up = event.key === "ArrowUp" || event.key === "ArrowRight";
    if (!whole || !(up || event.key === "ArrowDown" || event.key === "ArrowLeft")) return;
    event.preventDefault();
    const value = Math.max(from, Math.min(to, Math.max(shown + (up ? 1 : -1), Math.min(shown, 1))));
    if (value === shown) return;
    slider.value = String(positionOf(value));
    offer(value);
  });
  field.addEventListener("input", () => {
    const value = parseNumber(field.value);
    const refused = value === null ? noNumber(field.value) : options.refuse(value);
    if (refused !== null) say(`${label}: ${refused}`);
    else if (value !== null) offer(value);
  });
  field.addEventListener("blur", () => show(shown));
  for (const { box, end } of boxes) box.addEventListener("change", () => offer(box.checked ? end : between));

  const node = h(
    "div",
    { class: "dial" },
    name,
    field,
    slider,
    ...boxes.map(({ box, text }) => h("label", { class: "check" }, box, text)),
    message,
  );
  return {
    node,
    show,
    rename(next) {
      if (next === label) return;
      label = next;
      fill(name, label);
      slider.setAttribute("aria-label", `${plain(label)}, slider`);
    },
  };
}

const plain = (label: string): string => label.replace(/_/g, " ");
