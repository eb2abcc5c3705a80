import { DefectError, InputError, WorkError } from "../errors.ts";

/**
 * What an error says to whoever typed the command, and the exit code: 2 for bad arguments or input, 1 for work that failed. What nobody foresaw is a defect of nclab and is called one; its stack
 * is for those who ask for it (NCLAB_DEBUG=1).
 */
export function unexpected(error: unknown, debug: boolean = Boolean(process.env.NCLAB_DEBUG)): { message: string; code: number } {
  const text = error instanceof Error ? error.message : String(error);
  const stack = debug && error instanceof Error && error.stack ? `\n${error.stack}` : "";
  if (error instanceof InputError) return { message: text + stack, code: 2 };
  if (error instanceof WorkError || fromSystem(error)) return { message: `nclab failed: ${text}${stack}`, code: 1 };
  if (error instanceof RangeError && /allocation failed|invalid (typed )?array|string length/i.test(text))
    return { message: `nclab failed: there is not enough memory for this (${text})${stack}`, code: 1 };
  const where = debug ? "" : "; NCLAB_DEBUG=1 shows where it happened";
  if (error instanceof DefectError) return { message: `nclab failed: ${text}${where}${stack}`, code: 1 };
  const first = text.split("\n", 1)[0];
  return {
    message: `nclab failed: ${first} (a defect of nclab, please report it with the command${where})${stack}`,
    code: 1,
  };
}

/** A full disk, a folder that may not be written: the operating system's word says it. */
function fromSystem(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return error instanceof Error && typeof code === "string" && typeof syscall === "string";
}
