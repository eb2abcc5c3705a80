/** What a program says that was given back, on every engine. */
export const disposedProgram = (): Error => new Error("a program that was disposed of does not run");

/** What is asked of an engine after its end. */
export const closedEngine = (): Error => new Error("an engine that was closed computes nothing");

/** What a run says whose arrays were given back. */
export const disposedArrays = (): Error => new Error("held arrays that were disposed of cannot be run on");
