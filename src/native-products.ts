/**
 * Products of matrices by native code: what `math/` takes in place of its kernels, and `engine/` gives where the package for it is installed. Operands and results lie in memory that threads share.
 */
export interface NativeProducts {
  /** How many threads compute. */
  readonly threads: number;
  /** Begins C = A B, or C += A B. Each is computed whole by one thread, so that no bit of it depends on how many there are; nothing may touch C, or change A and B, until it has been waited for. */
  begin(product: SharedProduct): NativeProduct;
  /** Until a product is there. Throws InputError where the package does not load, WorkError where a product fails. */
  wait(product: NativeProduct): void;
  /** Until all threads have loaded the package. Throws as `wait`. */
  check(): void;
  /** Ends the threads. */
  close(): void;
}

/** A product that was begun. */
export interface NativeProduct {
  /** Whose. */
  readonly thread: number;
  /** Which one of that thread's. */
  readonly place: number;
}

/** Numbers are of 8 bytes, or with `single` of 4. */
export interface SharedProduct {
  /** Where A and B are. */
  readonly memory: ArrayBufferLike;
  readonly single: boolean;
  readonly A: SharedMatrix;
  readonly B: SharedMatrix & {
    /** A number that no other content of B has, where many products have this B: it may be kept. */
    readonly version?: number;
  };
  /** Where C goes to. */
  readonly C: { readonly memory: ArrayBufferLike; readonly at: number; readonly stride: number };
  /** Whether the product is added. */
  readonly onto: boolean;
}

/** A matrix as it is stored: `rows` of `columns` numbers, `stride` from one row to the next, from byte `at` on. `turned`: its transpose is meant. */
export interface SharedMatrix {
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly turned: boolean;
}
