import type { Engine } from "../../src/engine/engine.ts";
import type { Graph } from "../../src/engine/graph.ts";
import type { add, multiply } from "../../src/engine/operations.ts";

interface Room {
  Graph: typeof Graph;
  add: typeof add;
  multiply: typeof multiply;
}

export function inOrder(engine: Engine, room: Room): Promise<object>;
export const inOrderWanted: object;
export function afterDisposal(engine: Engine, room: Room): Promise<Record<string, unknown>>;
export const afterDisposalWanted: object;
export function afterClosing(engine: Engine, room: Room): Promise<object>;
export const afterClosingWanted: object;
