import { fill, h } from "../dom.ts";
import { eventTable } from "../prediction/event-table.ts";
import { blockTable, clusterTable } from "../prediction/tables.ts";
import { namesOf } from "../prediction/words.ts";
import type { Shown } from "./shown.ts";

/** The groups of equal count as tables, where they are few enough to be read. */
export const mostGroups = 24;
const mostBlocks = 8;

export function structureTables(): { node: HTMLElement; render(shown: Shown): void } {
  const groups = h("div");
  const events = h("div");
  let drawn: Shown["answer"] = null;
  return {
    node: h("div", {}, groups, events),
    render({ answer, along }) {
      if (!answer) fill(groups);
      else if (answer !== drawn) {
        const names = namesOf(answer);
        const { length } = answer.clusters;
        fill(groups, length <= mostGroups && clusterTable(answer, names), length <= mostBlocks && blockTable(answer, names));
      }
      drawn = answer;
      const { K, N } = answer?.problem ?? { K: 0, N: 0 };
      fill(events, answer && along && eventTable("data-events", along.list, { K, N }, namesOf(answer)));
    },
  };
}
