/** The class of every sample, 0-based, in blocks. */
export interface Labels {
  /** For messages: file and name. */
  readonly what: string;
  /** Number of labels, ignored ones too. */
  readonly n: number;
  /** One more than the largest label. */
  readonly classes: number;
  /** Samples of each class. */
  readonly counts: Float64Array;
  /** How many labels are the one to be ignored. */
  readonly ignored: number;
  /** Names of the classes where the file has names. */
  readonly names: readonly string[] | null;
  /** How the classes got their numbers where they have names, in words; null: they are numbers in the file. */
  readonly order: string | null;
  /** Names that are numbers and have another order as text than as numbers: which they got, in words; null or not there: no such names. */
  readonly numerals?: string | null;
  /** How the file was read, in words. */
  readonly how: string;
  /** Rows `from` to `to`, `step` at a time; -1: to be ignored. The numbers are overwritten by the next block. */
  blocks(from: number, to: number, step: number): AsyncIterable<ArrayLike<number>>;
}

/** What a reader of labels is told. */
export interface LabelOptions {
  /** The label of samples that belong to no class (255, -100, `void`). */
  ignore?: string;
  /** The largest label that can be a class; what is far above the number of samples would ask for memory that the data cannot need. */
  most?: number;
  /** More bytes of an array than this are not unpacked. */
  mostBytes?: number;
  /** The title of the column of classes in a table of text. */
  column?: string;
  /** Names of the classes in their order, where something beside the labels says them. */
  names?: readonly string[] | null;
  /** The array's name in its file, for messages; where an index already took a part of it, none. */
  name?: string;
}

/** Why rows of zeros and ones with other than a single 1 cannot be labels. */
export const severalOnes =
  "all at once cannot be measured: with several ones, or none, a sample belongs to no one class, and there are no class means";

/** As many classes as any command takes. */
export const mostClasses = 1_000_000;
