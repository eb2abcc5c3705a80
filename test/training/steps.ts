import { type Engine, type HostTensors, hostTensor } from "../../src/engine/index.ts";
import type { Network } from "../../src/networks/index.ts";
import { heldArrays, sumNames, sumsZero, type TrainingState } from "../../src/training/state.ts";
import { type BatchRows, compileStep, compileStepInParts, type StepOptions, type StepRates } from "../../src/training/step.ts";

/** What steps are made with. */
interface Setting {
  engine: Engine;
  network: Network;
  options: StepOptions;
}

/** A state after some steps, and the sums over them. */
export type Ended = Record<"params" | "stats" | "velocities", HostTensors> & {
  sums: Record<(typeof sumNames)[number], number>;
};

/** Steps on a whole batch, the same in each. */
export async function batchStep(
  { engine, network, options }: Setting,
  start: TrainingState,
  batch: BatchRows,
  rates: StepRates,
  steps = 1,
): Promise<Ended> {
  const step = await compileStep(engine, network, batch.y.length / network.classes, options);
  const held = engine.hold({ ...heldArrays(start), ...sumsZero() });
  for (let i = 0; i < steps; i++) await step.run(held, batch, rates);
  const read = await held.read();
  for (const used of [step, held]) used.dispose();
  return endedAt(read);
}

/** Steps on a batch in parts. */
export async function stepInParts(
  { engine, network, options }: Setting,
  start: TrainingState,
  batch: readonly BatchRows[],
  rates: StepRates,
  steps = 1,
): Promise<Ended> {
  const step = await compileStepInParts(engine, network, batch[0].y.length / network.classes, options);
  const zeros = Object.entries(start.params).map(([name, { shape }]) => [`gradients/${name}`, hostTensor(shape)] as const);
  const held = engine.hold({ ...heldArrays(start), ...sumsZero(), ...Object.fromEntries(zeros) });
  for (let i = 0; i < steps; i++) await step.run(held, batch, batch.length, rates);
  const read = await held.read();
  for (const used of [step, held]) used.dispose();
  return endedAt(read);
}

function endedAt(read: HostTensors): Ended {
  const of = (part: string): HostTensors =>
    Object.fromEntries(
      Object.entries(read).flatMap(([name, array]) =>
        name.startsWith(`${part}/`) ? [[name.slice(part.length + 1), array]] : [],
      ),
    );
  const sums = Object.fromEntries(sumNames.map((name) => [name, read[`sums/${name}`].data[0]])) as Ended["sums"];
  return { params: of("params"), stats: of("stats"), velocities: of("velocities"), sums };
}
