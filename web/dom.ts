import { symbol } from "../src/plots/index.ts";

/**
 * The few lines of page building that everything here shares. Text is always text, never markup, so nothing that a file or an address says can
 * become part of the page's code.
 */
export type Child = Node | string | number | null | undefined | false | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element; `false` and undefined attributes are left out, `true` ones are empty. Symbols such as λ_Z in text get a true index. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, String(value));
  }
  node.append(...nodes(children));
  return node;
}

/** Replaces what an element holds. */
export function fill(node: Element, ...children: Child[]): void {
  node.replaceChildren(...nodes(children));
}

/** Draws anew what may hold the focus: it goes to the element of the same id. */
export function keepingFocus(draw: () => void): void {
  const at = document.activeElement?.id;
  draw();
  if (at && document.activeElement?.id !== at) document.getElementById(at)?.focus();
}

function nodes(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child): (Node | string)[] => {
    if (child === null || child === undefined || child === false) return [];
    if (Array.isArray(child)) return nodes(child);
    return typeof child === "string" || typeof child === "number" ? indexed(String(child)) : [child as Node];
  });
}

/** `λ_Z` as λ with a lowered Z: the same symbols as in the pictures. */
function indexed(text: string): (Node | string)[] {
  const parts = text.split(symbol);
  const made: (Node | string)[] = [parts[0]];
  for (let i = 1; i < parts.length; i += 3) {
    const sub = document.createElement("sub");
    sub.textContent = parts[i + 1];
    made.push(parts[i], sub, parts[i + 2]);
  }
  return made.filter((part) => part !== "");
}
