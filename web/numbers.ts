import { format } from "../src/number-text.ts";
import { sampleCount } from "../src/problem/index.ts";
import { h } from "./dom.ts";

/** A number to read, with all its digits in the element's `value`: what a program, or a reader's pointer, takes is the double itself. */
export function number(value: number | null, digits = 4): HTMLElement {
  if (value === null) return h("span", {}, format(null));
  return h("data", { value: exact(value), title: exact(value) }, format(value, digits).replace("-", "−"));
}

/** Sentences made elsewhere, with the minus sign that numbers have here: names keep their hyphens. */
export const withMinus = (text: string): string => text.replace(/(^|[\s(])-(?=\d)/g, "$1−");

/** A number of samples, as the command line prints it. */
export const samples = (value: number): HTMLElement =>
  h("data", { value: exact(value), title: exact(value) }, sampleCount(value));

/** Shortest text that reads back as the same double. */
export function exact(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "inf" : String(value);
}
