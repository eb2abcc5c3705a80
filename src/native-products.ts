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
  /** Ends the threads, once what was begun is done. */
  close(): void;
}

/** A product that was begun. */
export interface NativeProduct {
  /** Whose. */
  readonly thread: number;
  /** Which one of that thread's. */
  readonly place: number;
}

/** C = A B or C += A B, all in shared memory. */
export interface SharedProduct {
  /** Where A and B are. */
  readonly memory: ArrayBufferLike;
  /** Whether all numbers are float32, of 4 bytes; else they are float64. */
  readonly single: boolean;
  /** The left factor. */
  readonly A: SharedMatrix;
  /** The right factor. */
  readonly B: SharedMatrix;
  /** Where the product goes: its memory, first byte, and the numbers from one row to the next. */
  readonly C: { readonly memory: ArrayBufferLike; readonly at: number; readonly stride: number };
  /** Whether the product is added to what is there. */
  readonly onto: boolean;
}

/** A matrix as it is stored. */
export interface SharedMatrix {
  /** Its first byte. */
  readonly at: number;
  /** Rows as they are stored. */
  readonly rows: number;
  /** Numbers of a row. */
  readonly columns: number;
  /** Numbers from one row to the next. */
  readonly stride: number;
  /** Whether the transpose is meant. */
  readonly turned: boolean;
  /** A number that no other content has, where many products have this factor: it may be kept. */
  readonly version?: number;
}
