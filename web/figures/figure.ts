import { svgText } from "../../src/plots/index.ts";
import { fill, h } from "../dom.ts";
import { downloadPng, downloadText, standalone } from "./export.ts";

/** A picture with its caption, redrawn when its data or the width that there is for it change, and to be taken along as SVG or PNG. */
export interface Figure {
  node: HTMLElement;
  /** Draws: `make` gets the width in CSS pixels. Nothing is drawn while the figure has no room (another tab). */
  draw(make: (width: number) => SVGSVGElement): void;
  /** Draws what is newer than what stands there, seen or not. */
  catchUp(): void;
  /** Another caption below the picture. */
  explain(text: string): void;
  /** Words in place of the picture, what is to be done with it and its caption. */
  say(text: string): void;
  /** The element that holds the picture. */
  place: HTMLElement;
}

/**
 * `whenSeen`: of what is drawn again and again by itself, as while something trains. Outside of the window such a picture stays as it is, and is drawn when it is scrolled to, printed or taken along; the first one
 * is drawn at once, so that the page below it does not move.
 */
export function figure(
  name: string,
  title: string,
  explanation: string,
  { whenSeen = false }: { whenSeen?: boolean } = {},
): Figure {
  const place = h("div", { class: "picture" });
  const buttons = h("span", { class: "buttons" });
  const caption = h("figcaption", {}, explanation);
  const node = h(
    "figure",
    { id: `figure-${name}` },
    h("div", { class: "figure-head" }, h("h2", {}, title), buttons),
    place,
    caption,
  );
  let last: ((width: number) => SVGSVGElement) | null = null;
  let drawnFor = 0;
  let seen = !whenSeen;
  /** Whether there is something newer than what stands there. */
  let late = false;
  const paint = (): void => {
    const width = Math.floor(place.clientWidth);
    if (!last || width < 50) return;
    drawnFor = width;
    late = false;
    fill(place, last(Math.min(width, 720)));
  };
  const catchUp = (): void => {
    if (late) paint();
  };
  const current = (): SVGSVGElement | null => place.querySelector("svg");
  const button = (text: string, label: string, action: (svg: SVGSVGElement) => void): HTMLButtonElement => {
    const made = h("button", { type: "button", class: "small", "aria-label": `${title}: ${label}` }, text);
    made.addEventListener("click", () => {
      catchUp();
      const svg = current();
      if (svg) action(svg);
    });
    return made;
  };
  buttons.append(
    button("SVG", "save as SVG", (svg) => downloadText(`nclab-${name}.svg`, "image/svg+xml", svgText(standalone(svg)))),
    button("PNG", "save as PNG", (svg) => downloadPng(`nclab-${name}.png`, standalone(svg))),
  );
  new ResizeObserver(() => {
    if (Math.abs(Math.floor(place.clientWidth) - drawnFor) > 1) paint();
  }).observe(place);
  if (whenSeen) {
    new IntersectionObserver(
      (entries) => {
        seen = entries[entries.length - 1].isIntersecting;
        if (seen) catchUp();
      },
      { rootMargin: "20%" },
    ).observe(place);
    addEventListener("beforeprint", catchUp);
    matchMedia("print").addEventListener("change", catchUp);
  }
  return {
    node,
    place,
    catchUp,
    draw(make) {
      last = make;
      node.classList.remove("said");
      late = true;
      if (seen || current() === null) paint();
    },
    explain: (text) => fill(caption, text),
    say(text) {
      last = null;
      late = false;
      node.classList.add("said");
      fill(place, h("p", { class: "note" }, text));
    },
  };
}
