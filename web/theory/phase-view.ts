import { element, type PhaseData, phaseDiagram, phasePointAt, visible } from "../../src/plots/index.ts";
import { type Figure, figure } from "../figures/figure.ts";
import type { Point } from "./phase-data.ts";
import { movedByKey, type PhaseMap, phaseMap } from "./phase-map.ts";

/**
 * The phase diagram with a point that can be dragged, touched or moved by the arrow keys. The regions are drawn when what is on no axis changes;
 * a move of the point only moves its marker.
 */
export interface PhaseView {
  figure: Figure;
  show(data: PhaseData): void;
  move(point: Point): void;
}

export function phaseView(onMove: (point: Point) => void): PhaseView {
  const view = figure(
    "phases",
    "Phase diagram",
    "Drag the cross, click, or give the diagram the keyboard and use the arrow keys (with shift: larger steps). Dots: borders meet.",
  );
  const { place } = view;
  place.tabIndex = 0;
  place.setAttribute("role", "application");
  const describe = ({ xLabel, yLabel }: { xLabel: string; yLabel: string }): void =>
    place.setAttribute("aria-label", visible(`Phase diagram. Left and right: ${xLabel}; up and down: ${yLabel}.`));
  describe({ xLabel: "λ_Z or E_W E_H", yLabel: "n_A / n_B" });
  let data: PhaseData | null = null;
  let point: Point = { x: 1, ratio: 1 };
  let map: PhaseMap | null = null;

  const draw = (): void => {
    view.draw((width) => {
      const shown = { ...(data as PhaseData), point: { x: point.x, y: point.ratio } };
      map = phaseMap(shown, width);
      const svg = phaseDiagram(shown, { width });
      // A finger needs more than a cross to hold on to.
      svg.querySelector(".marker")?.append(element(document, "circle", { class: "handle", r: 24, fill: "transparent" }));
      return svg;
    });
    moveMarker();
  };
  const moveMarker = (): void => {
    const marker = place.querySelector(".marker");
    if (!marker || !map) return;
    const { px, py } = map.toPixels(point);
    const [x0, y0] = [Number(marker.getAttribute("data-x")), Number(marker.getAttribute("data-y"))];
    marker.setAttribute("transform", `translate(${px - x0},${py - y0})`);
    const handle = marker.querySelector(".handle");
    handle?.setAttribute("cx", String(x0));
    handle?.setAttribute("cy", String(y0));
  };
  /** Where the pointer is in the picture's own pixels; null: there is no picture. */
  const pixelsOf = (event: PointerEvent): { px: number; py: number; width: number } | null => {
    const svg = place.querySelector("svg");
    if (!svg) return null;
    const box = svg.getBoundingClientRect();
    const width = svg.viewBox.baseVal.width;
    return { px: ((event.clientX - box.left) * width) / box.width, py: ((event.clientY - box.top) * width) / box.width, width };
  };
  const moveTo = (event: PointerEvent): void => {
    const at = pixelsOf(event);
    if (at && map) onMove(map.toPoint(at.px, at.py));
  };
  /** On the diagram itself, not on its legend. */
  const inside = (event: PointerEvent): boolean => {
    const at = pixelsOf(event);
    return at !== null && data !== null && phasePointAt(data, at.width, at.px, at.py) !== null;
  };
  listen(place, { moveTo, inside, keyed: (key, large) => movedByKey(point, key, large), onMove });

  return {
    figure: view,
    show(next) {
      data = next;
      describe(next);
      draw();
    },
    move(next) {
      point = next;
      moveMarker();
    },
  };
}

interface Hands {
  moveTo(event: PointerEvent): void;
  inside(event: PointerEvent): boolean;
  keyed(key: string, large: boolean): Point | null;
  onMove(point: Point): void;
}

/** Mouse, finger and keyboard. */
function listen(place: HTMLElement, { moveTo, inside, keyed, onMove }: Hands): void {
  let held: number | null = null;
  // A finger beside the cross may be about to scroll: only a tap moves the point, to where it came down (the browser moves the click itself).
  let touched: PointerEvent | null = null;
  const onMarker = (event: Event): boolean => (event.target as Element).closest(".marker") !== null;
  place.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch" && !onMarker(event) ? event : null;
    if (event.button !== 0 || touched) return;
    if (!onMarker(event) && !inside(event)) return;
    held = event.pointerId;
    place.setPointerCapture(held);
    place.focus({ preventScroll: true });
    event.preventDefault();
    moveTo(event);
  });
  // A finger that holds the cross drags it and does not scroll the page. (The style touch-action does not reach into a picture.)
  place.addEventListener(
    "touchstart",
    (event) => {
      if (onMarker(event)) event.preventDefault();
    },
    { passive: false },
  );
  place.addEventListener("pointermove", (event) => {
    if (event.pointerId === held) moveTo(event);
  });
  for (const end of ["pointerup", "pointercancel"] as const)
    place.addEventListener(end, (event) => {
      if (event.pointerId === held) held = null;
    });
  place.addEventListener("click", () => {
    if (touched && inside(touched)) moveTo(touched);
    touched = null;
  });
  place.addEventListener("keydown", (event) => {
    const next = keyed(event.key, event.shiftKey);
    if (!next) return;
    event.preventDefault();
    onMove(next);
  });
}
