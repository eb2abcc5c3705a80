import { fromHash, type State, toHash } from "./state.ts";

/** Holds the state, tells who listens, and keeps the address in step. */
export interface Store {
  get(): State;
  /** Changes some of the state. */
  set(change: Partial<State>): void;
  listen(listener: (state: State, before: State) => void): void;
}

export function openStore(onProblems: (problems: readonly string[]) => void): Store {
  const read = fromHash(location.hash);
  let state = read.state;
  let said: readonly string[] = read.problems;
  const say = (problems: readonly string[]): void => {
    // Nothing instead of nothing is no news.
    if (said.length > 0 || problems.length > 0) onProblems(problems);
    said = problems;
  };
  onProblems(said);
  const listeners: ((state: State, before: State) => void)[] = [];
  const change = (next: State): void => {
    const before = state;
    state = next;
    for (const listener of listeners) listener(state, before);
  };
  // Browsers allow about a hundred changes of the address in half a minute: it follows a dragged slider at a distance.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (location.hash !== toHash(state)) history.replaceState(null, "", toHash(state));
  };
  addEventListener("hashchange", () => {
    const { state: next, problems } = fromHash(location.hash);
    say(problems);
    change(next);
  });
  // A page that is left or reloaded in the moment before takes its last position along.
  addEventListener("pagehide", write);
  return {
    get: () => state,
    set(part) {
      const tabChanged = part.tab !== undefined && part.tab !== state.tab;
      const next = { ...state, ...part };
      // The address is written anew now, without what it could not say.
      say([]);
      // Another tab is a step that the browser's back button undoes.
      if (tabChanged) {
        write();
        history.pushState(null, "", toHash(next));
      }
      change(next);
      if (!tabChanged) timer ??= setTimeout(write, 250);
    },
    listen: (listener) => void listeners.push(listener),
  };
}
