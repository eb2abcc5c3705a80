import { inputError } from "../errors.ts";
import { mostExpanded } from "../prediction/index.ts";

/** Options that write K x K numbers out are for so many classes. Throws InputError. */
export function checkWhole(K: number, files: Readonly<Record<string, string | undefined>>): void {
  for (const [name, file] of Object.entries(files))
    if (file !== undefined && K > mostExpanded) throw inputError(`--${name}`, `at most ${mostExpanded} classes`, K);
}
