import { element, type PhaseData, phaseDiagram, phasePointAt } from "../../src/plots/index.ts";
import { type Figure, figure } from "../figures/figure.ts";
import type { PhaseQuestion } from "../solver/messages.ts";

/**
 * The phase diagram with a point that can be dragged, touched or moved by the arrow keys. The regions are drawn when what is on no axis changes;
 * a move of the point only moves its marker.
 */
export interface Point {
  lambdaZ: number;
  ratio: number;
}

export interface PhaseView {
  figure: Figure;
  show(data: Pick<PhaseData, "x" | "y" | "strips">): void;
  move(point: Point): void;
}

// Few suffice: more columns are put where borders are steep, and borders are found between the lines.
const columns = 90;
const lines = 70;

/** The axes around the thresholds of ratios 1 to 100, and around the point. They do not move with a point that is inside. */
export function axesFor(at: { kA: number; kB: number; nB: number }, point: Point): Pick<PhaseQuestion, "lambdaZ" | "ratio"> {
  const top = Math.max(100, 10 ** Math.ceil(Math.log10(point.ratio * 1.0001)));
  const root = Math.sqrt(at.nB);
  const low = 0.5 / (root * (at.kA * top + at.kB));
  const high = 2 / (root * (at.kA + at.kB));
  return {
    lambdaZ: along(roundDown(Math.min(low, point.lambdaZ)), -roundDown(-Math.max(high, point.lambdaZ)), columns),
    ratio: along(1, top, lines),
  };
}

/** One digit, towards minus infinity. */
function roundDown(x: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.abs(x)));
  return Number((Math.floor(x / unit + 1e-9) * unit).toPrecision(1));
}

function along(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));
}

export function phaseView(onMove: (point: Point) => void): PhaseView {
  const view = figure(
    "phases",
    "Phase diagram",
    "Drag the cross, click, or give the diagram the keyboard and use the arrow keys (with shift: larger steps).",
  );
  const { place } = view;
  place.tabIndex = 0;
  place.setAttribute("role", "application");
  place.setAttribute("aria-label", "Phase diagram. Left and right: lambda_Z; up and down: n_A / n_B.");
  let data: PhaseData | null = null;
  let point: Point = { lambdaZ: 1, ratio: 1 };
  let map: Map | null = null;

  const draw = (): void => {
    view.draw((width) => {
      const shown = { ...(data as PhaseData), point: { x: point.lambdaZ, y: point.ratio } };
      map = mapOf(shown, width);
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
  const moveTo = (event: PointerEvent): void => {
    const svg = place.querySelector("svg");
    if (!svg || !map) return;
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const next = map.toPoint((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    onMove(next);
  };

  let held: number | null = null;
  // A finger beside the cross may be about to scroll: only a tap moves the point, to where it came down (the browser moves the click itself).
  let touched: PointerEvent | null = null;
  place.addEventListener("pointerdown", (event) => {
    const svg = place.querySelector("svg");
    const onHandle = (event.target as Element).closest(".marker") !== null;
    touched = event.pointerType === "touch" && !onHandle ? event : null;
    if (!svg || event.button !== 0 || touched) return;
    if (!onHandle && !inside(event, svg, data, map)) return;
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
      if ((event.target as Element).closest(".marker")) event.preventDefault();
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
    const svg = place.querySelector("svg");
    if (touched && svg && inside(touched, svg, data, map)) moveTo(touched);
    touched = null;
  });
  place.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 1.25 : 1.02;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [1 / step, 1],
      ArrowRight: [step, 1],
      ArrowUp: [1, step],
      ArrowDown: [1, 1 / step],
    };
    const factor = moves[event.key];
    if (!factor) return;
    event.preventDefault();
    onMove({ lambdaZ: point.lambdaZ * factor[0], ratio: Math.max(1, point.ratio * factor[1]) });
  });

  return {
    figure: view,
    show(grid) {
      data = { ...grid, phases: [], xLabel: "λ_Z", yLabel: "n_A / n_B" };
      draw();
    },
    move(next) {
      point = next;
      moveMarker();
    },
  };
}

/** Pixels of the picture and parameters, both ways: logarithms are linear in pixels, so two looks at `phasePointAt` fix them. */
interface Map {
  toPoint(px: number, py: number): Point;
  toPixels(point: Point): { px: number; py: number };
}

function mapOf(data: PhaseData, width: number): Map | null {
  const [px, py] = [width / 2, 150];
  const a = phasePointAt(data, width, px, py);
  const b = phasePointAt(data, width, px + 8, py + 8);
  if (!a || !b) return null;
  const perX = Math.log(b.x / a.x) / 8;
  const perY = Math.log(b.y / a.y) / 8;
  const clamp = (v: number, values: readonly number[]): number => Math.min(values[values.length - 1], Math.max(values[0], v));
  return {
    toPoint: (x, y) => ({
      lambdaZ: clamp(a.x * Math.exp((x - px) * perX), data.x),
      ratio: clamp(a.y * Math.exp((y - py) * perY), data.y),
    }),
    toPixels: ({ lambdaZ, ratio }) => ({
      px: px + Math.log(clamp(lambdaZ, data.x) / a.x) / perX,
      py: py + Math.log(clamp(ratio, data.y) / a.y) / perY,
    }),
  };
}

/** Whether the pointer is on the diagram itself, not on its legend. */
function inside(event: PointerEvent, svg: SVGSVGElement, data: PhaseData | null, map: Map | null): boolean {
  if (!data || !map) return false;
  const box = svg.getBoundingClientRect();
  const width = svg.viewBox.baseVal.width;
  const scale = width / box.width;
  return phasePointAt(data, width, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale) !== null;
}
