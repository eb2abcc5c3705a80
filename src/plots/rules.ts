import * as Plot from "@observablehq/plot";
import { numberText } from "./chart.ts";
import type { Event } from "./event.ts";
import type { LegendItem } from "./page.ts";

/** So many have numbers. */
const most = 12;
/** More rules than this would hide what stands between them at full strength. */
const crowd = 40;

export function sortedEvents(events: readonly Event[], domain: readonly [number, number]): Event[] {
  return events.filter((e) => e.at >= domain[0] && e.at <= domain[1]).sort((p, q) => p.at - q.at);
}

/** `events` sorted; `near`: distance on the axis (a ratio on a log axis) below which two numbers would touch. */
export function ruleMarks(events: readonly Event[], near: (p: number, q: number) => boolean): Plot.Markish[] {
  let lifted = false;
  const rows = events.slice(0, most).map((event, i) => {
    lifted = i > 0 && near(events[i - 1].at, event.at) && !lifted;
    return { x: event.at, text: String(i + 1), lifted };
  });
  const numbers = (up: boolean): Plot.Markish =>
    Plot.text(
      rows.filter((r) => r.lifted === up),
      { x: "x", text: "text", frameAnchor: "top", lineAnchor: "bottom", dy: up ? -17 : -3, fontSize: 12, fontWeight: "bold" },
    );
  return [
    Plot.ruleX(events, { x: "at", strokeDasharray: "4,3", strokeOpacity: events.length > crowd ? 0.2 : 0.7 }),
    ...(rows.some((r) => !r.lifted) ? [numbers(false)] : []),
    ...(rows.some((r) => r.lifted) ? [numbers(true)] : []),
  ];
}

export function ruleLegend(events: readonly Event[]): LegendItem[] {
  const items = events.slice(0, most).map((event, i) => ({ label: `${i + 1}: ${event.label}, ${numberText(event.at, 4)}` }));
  return events.length > most ? [...items, { label: `and ${events.length - most} more events` }] : items;
}
