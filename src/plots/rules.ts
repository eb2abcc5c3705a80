import * as Plot from "@observablehq/plot";
import { maximum } from "../extremes.ts";
import { numberText, powerText } from "./chart.ts";
import type { Event } from "./event.ts";
import type { LegendItem } from "./page.ts";

/** So many have numbers. */
const most = 12;
/** Rows of numbers above a panel, and the height of one. */
const mostRows = 4;
const rowHeight = 14;
/** More rules than this would hide what stands between them at full strength. */
const crowd = 40;

export function sortedEvents(events: readonly Event[], domain: readonly [number, number]): Event[] {
  return events.filter((e) => e.at >= domain[0] && e.at <= domain[1]).sort((p, q) => p.at - q.at);
}

/** Whether two numbers on the axis (the first the lesser) would touch. */
type Near = (p: number, q: number) => boolean;

/** Above which row of its own each number stands: the lowest where it touches no number before it. */
function rowsOf(events: readonly Event[], near: Near): number[] {
  const last: number[] = [];
  return events.slice(0, most).map(({ at }) => {
    const free = last.findIndex((before) => !near(before, at));
    const row = free >= 0 ? free : Math.min(last.length, mostRows - 1);
    last[row] = at;
    return row;
  });
}

/** Pixels that a panel needs above it: its own label, and a row or more of numbers. */
export const ruleRoom = (events: readonly Event[], near: Near): number =>
  Math.max(52, 24 + rowHeight * (maximum(rowsOf(events, near)) + 1));

/** `events` sorted; `near`: whether two numbers would touch. */
export function ruleMarks(events: readonly Event[], near: Near): Plot.Markish[] {
  const rows = rowsOf(events, near).map((row, i) => ({ x: events[i].at, text: String(i + 1), row }));
  return [
    Plot.ruleX(events, { x: "at", strokeDasharray: "4,3", strokeOpacity: events.length > crowd ? 0.2 : 0.7 }),
    ...[...new Set(rows.map(({ row }) => row))].map((at) =>
      Plot.text(
        rows.filter(({ row }) => row === at),
        {
          x: "x",
          text: "text",
          frameAnchor: "top",
          lineAnchor: "bottom",
          dy: -3 - rowHeight * at,
          fontSize: 12,
          fontWeight: "bold",
        },
      ),
    ),
  ];
}

const placeText = (at: number): string => (at > 0 && at < 1e-4 ? powerText(at, 4) : numberText(at, 4));

export function ruleLegend(events: readonly Event[]): LegendItem[] {
  const items = events.slice(0, most).map((event, i) => ({ label: `${i + 1}: ${event.label}, ${placeText(event.at)}` }));
  return events.length > most ? [...items, { label: `and ${events.length - most} more events` }] : items;
}
