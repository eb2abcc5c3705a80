import { fromJson } from "../../src/json.ts";
import { applied, type Change, type WatchState } from "../../src/watch/index.ts";

/** Names under which a state holds words: an "inf" there is one. */
const words = ["name", "label", "message", "file", "place", "status", "classNames"];

/**
 * What `nclab watch` tells: the state, and after each change the next one. The browser connects again by itself where the connection is lost, and is told the whole then. `lost`: whether there is none now.
 */
export function followed(told: (state: WatchState) => void, lost: (gone: boolean) => void): void {
  let state: WatchState | null = null;
  const source = new EventSource("watch/events");
  source.addEventListener("state", ({ data }) => {
    state = fromJson(data, words) as WatchState;
    lost(false);
    told(state);
  });
  source.addEventListener("change", ({ data }) => {
    if (!state) return;
    state = applied(state, fromJson(data, words) as Change);
    told(state);
  });
  source.addEventListener("error", () => lost(true));
}
