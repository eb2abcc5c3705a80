import { type Engine, type HostTensor, type HostTensors, sizeOf } from "../engine/index.ts";
import { lbfgs } from "../math/index.ts";
import type { Network } from "../networks/index.ts";
import type { Adjustment } from "./loss.ts";
import { resting } from "./rest.ts";
import { compileGradients } from "./step.ts";
import { together } from "./together.ts";
import { fromWhite, gradientInWhite, inverseFactor, inWhite } from "./whitening.ts";

/**
 * The minimum of mean loss plus sum (decay_w/2) |w|^2 over some of a network's parameters, on all samples at once, by L-BFGS. The mean loss and its gradient come from the compiled network, in
 * float32; penalties and all of L-BFGS are float64. Batch normalization in `network` takes the statistics of all samples, which is what the theory is about.
 */
export interface AtOnce {
  engine: Engine;
  network: Network;
  adjust: Adjustment;
  /** All that moves. */
  start: HostTensors;
  /** What decays, and how much, as it is and not in its coordinates; 0 where nothing is said. */
  decays: Readonly<Record<string, number>>;
  /** Samples and targets, in rows. */
  x: HostTensor;
  y: HostTensor;
  /** Coordinates in which some arrays move: the array is their value times L^-1, L lower triangular (columns x columns). */
  coordinates?: Readonly<Record<string, Float64Array>>;
}

/** At most `evaluations` looks at the objective, of each of which `onLook` is told. Returns the parameters of the least objective seen. */
export async function minimizeAtOnce(
  { engine, network, adjust, start, decays, x, y, coordinates = {} }: AtOnce,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<HostTensors> {
  const names = Object.keys(start);
  const [rows, inputs] = x.shape;
  const rest = resting();
  const inverses = Object.fromEntries(
    Object.entries(coordinates).map(([name, L]) => [name, inverseFactor(L, start[name].shape[1])]),
  );
  const onDevice = together();
  try {
    const compiled = onDevice.add(await compileGradients(engine, { ...network, inputs }, rows, adjust));
    const held = onDevice.add(engine.hold({ x, y }));
    const look = async (at: Float64Array): Promise<{ value: number; gradient: Float64Array }> => {
      const w = mapped(unpacked(at, start), fromWhite, inverses);
      const made = await compiled.run(held, w);
      let value = made.loss;
      const gradients = Object.fromEntries(
        names.map((name) => [name, { shape: start[name].shape, data: made.gradients[name] as HostTensor["data"] }]),
      );
      for (const name of Object.keys(inverses)) value += addDecay(w[name].data, gradients[name].data, decays[name] ?? 0);
      const gradient = packed(mapped(gradients, gradientInWhite, inverses));
      let from = 0;
      for (const name of names) {
        const to = from + sizeOf(start[name].shape);
        if (!(name in inverses)) value += addDecay(at.subarray(from, to), gradient.subarray(from, to), decays[name] ?? 0);
        from = to;
      }
      onLook(value);
      await rest();
      return { value, gradient };
    };
    const from = mapped(start, inWhite, coordinates);
    return mapped(unpacked((await lbfgs(look, packed(from), { evaluations })).x, from), fromWhite, inverses);
  } finally {
    onDevice.dispose();
  }
}

/** Adds the decay of w to its gradient. Returns (decay/2) |w|^2. */
function addDecay(w: ArrayLike<number>, gradient: Float32Array | Float64Array, decay: number): number {
  let squares = 0;
  for (let i = 0; i < w.length; i++) {
    squares += w[i] * w[i];
    gradient[i] += decay * w[i];
  }
  return (decay / 2) * squares;
}

function packed(tensors: HostTensors): Float64Array {
  const parts = Object.values(tensors);
  const all = new Float64Array(parts.reduce((sum, { data }) => sum + data.length, 0));
  let from = 0;
  for (const { data } of parts) {
    all.set(data, from);
    from += data.length;
  }
  return all;
}

function unpacked(all: Float64Array, like: HostTensors): HostTensors {
  let from = 0;
  return Object.fromEntries(
    Object.entries(like).map(([name, { shape, data }]) => {
      const part = Float32Array.from(all.subarray(from, from + data.length));
      from += data.length;
      return [name, { shape, data: part }];
    }),
  );
}

function mapped(tensors: HostTensors, map: typeof fromWhite, matrices: Readonly<Record<string, Float64Array>>): HostTensors {
  const changed = { ...tensors };
  for (const [name, matrix] of Object.entries(matrices)) changed[name] = map(tensors[name], matrix);
  return changed;
}
