import { newestOnly, type Solver } from "../solver/client.ts";
import type { State } from "../state.ts";
import { anglesAlong, lambdasAround, valuesAlong } from "./along.ts";
import type { Answer } from "./answer.ts";
import { groupsOf, withSamples } from "./groups.ts";
import { boundedInputOf, inputOf, isBounded } from "./parameters.ts";
import { type Axes, axesFor, type Borders, ratiosTo } from "./phase-data.ts";
import { questionOf, type SlowPart, type Spectrum, type TheoryEvent, type TheoryState } from "./state.ts";

/** The workers of the first tab: what it asks of them, and what it is told. `quick` answers where the dials stand, `slow` draws what follows. */
export interface Asker {
  /** The prediction at the dials. */
  answer(dials: State): void;
  /** A picture that takes longer. */
  draw(part: SlowPart, dials: State, key: string): void;
}

export function asker({ quick, slow }: { quick: Solver; slow: Solver }, tell: (event: TheoryEvent) => void): Asker {
  type Asked = { dials: State; key: string };
  const one = <P extends SlowPart>(part: P, ask: (dials: State) => Promise<Value<P>>): ((asked: Asked) => void) =>
    newestOnly(
      ({ dials }: Asked) => ask(dials),
      (value, { dials, key }) => tell({ kind: "drawn", part, key, of: dials, value } as TheoryEvent),
      ({ message }, { key }) => tell({ kind: "missing", part, key, words: message }),
    );
  const parts = {
    phases: one("phases", async (dials) => {
      const axes = axesFor(dials);
      return { borders: await bordersOf(slow, dials, axes), axes };
    }),
    spectrum: one("spectrum", (dials) => (isBounded(dials) ? alongRatio(slow, dials) : alongLambda(slow, dials))),
    angles: one("angles", (dials) => alongMajority(slow, dials)),
  };
  return {
    answer: newestOnly(
      (dials: State) => predicted(quick, dials),
      (prediction, of) => tell({ kind: "answered", of, prediction }),
      ({ message }, of) => tell({ kind: "failed", of, message }),
    ),
    draw: (part, dials, key) => {
      tell({ kind: "asked", part, key });
      parts[part]({ dials, key });
    },
  };
}

type Value<P extends SlowPart> = NonNullable<TheoryState[P]["shown"]>["value"];

async function predicted(solver: Solver, dials: State): Promise<Answer> {
  const question = questionOf(dials);
  return question.model === "bounds"
    ? (await solver.ask("layerPeeled", [question.input]))[0]
    : (await solver.ask("several", [question.input]))[0];
}

async function bordersOf(slow: Solver, dials: State, { x, ratio }: Axes): Promise<Borders> {
  const { lambdaB } = dials;
  const { larger, smaller } = groupsOf(dials);
  const [kA, kB, nB] = [larger.k, smaller.k, smaller.n];
  if (!isBounded(dials)) return { kind: "lambda", ...(await slow.ask("phases", { kA, kB, nB, lambdaB, ratio })) };
  // Where the border enters the diagram, and from there on.
  const [first] = x;
  const enters = await slow.ask("layerPeeledRatio", { kA, kB, EW: first, EH: 1 });
  const ratios = [1, enters, ...ratiosTo(ratio[1]).filter((r) => r > enters)];
  return { kind: "bounds", ratios, products: await slow.ask("layerPeeledProducts", { kA, kB, ratios }) };
}

async function alongLambda(slow: Solver, dials: State): Promise<Spectrum> {
  const input = inputOf(dials);
  const list = await slow.ask("events", input);
  const lambdas = lambdasAround(list.events.map((e) => e.lambdaZ));
  return { kind: "lambda", list, ...(await slow.ask("singularValues", { ...input, lambdas })) };
}

async function alongRatio(slow: Solver, dials: State): Promise<Spectrum> {
  const { EW, EH } = dials;
  const { larger, smaller } = groupsOf(dials);
  const ratio = smaller.k > 1 ? await slow.ask("layerPeeledRatio", { kA: larger.k, kB: smaller.k, EW, EH }) : null;
  return { kind: "ratio", ratio, data: valuesAlong(await alongMajority(slow, dials), ratio, dials) };
}

function alongMajority(slow: Solver, dials: State): Promise<Answer[]> {
  const { larger } = groupsOf(dials);
  const along = anglesAlong(dials).map((n) => ({ ...dials, ...withSamples(larger.name, n) }));
  return isBounded(dials) ? slow.ask("layerPeeled", along.map(boundedInputOf)) : slow.ask("several", along.map(inputOf));
}
