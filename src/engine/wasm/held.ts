import { disposedArrays } from "../disposed.ts";
import type { Held } from "../engine.ts";
import { sizeOf } from "../graph.ts";
import { checkLengths, type HostTensors } from "../tensors.ts";
import type { Heap } from "./heap.ts";

/** Arrays in the engine's memory. */
export interface HeldArrays extends Held {
  address(name: string, floats: number): number;
  /** Throws where they were given back. */
  stillThere(): void;
}

export function holdIn(heap: Heap, arrays: HostTensors): HeldArrays {
  const places = new Map<string, { shape: readonly number[]; at: number; floats: number }>();
  let disposed = false;
  checkLengths(arrays);
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const floats = sizeOf(shape);
    // Kernels have four numbers at a time.
    const at = heap.take(4 * (floats + 3));
    places.set(name, { shape, at, floats });
    heap.floats(at, floats).set(data);
  }
  const placeOf = (name: string): { shape: readonly number[]; at: number; floats: number } => {
    const place = places.get(name);
    if (!place) throw new Error(`no array ${name} is held`);
    return place;
  };
  return {
    stillThere() {
      if (disposed) throw disposedArrays();
    },
    address(name, floats) {
      const place = placeOf(name);
      if (place.floats !== floats) throw new Error(`the array ${name} that is held has ${place.floats} numbers, not ${floats}`);
      return place.at;
    },
    async read(names = [...places.keys()]) {
      const read: HostTensors = {};
      for (const name of names) {
        const { shape, at, floats } = placeOf(name);
        read[name] = { shape, data: heap.floats(at, floats).slice() };
      }
      return read;
    },
    write(values) {
      for (const [name, { data }] of Object.entries(values)) {
        const { at, floats } = placeOf(name);
        if (data.length !== floats) throw new Error(`the array ${name} that is held has ${floats} numbers, not ${data.length}`);
        heap.floats(at, floats).set(data);
      }
    },
    dispose() {
      for (const { at } of places.values()) heap.give(at);
      places.clear();
      disposed = true;
    },
  };
}
