/** What a program says that was given back, on every engine. */
export const disposedProgram = (): Error => new Error("a program that was disposed of does not run");
