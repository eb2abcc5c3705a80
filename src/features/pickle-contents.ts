import { InputError } from "../errors.ts";
import type { Contents } from "./contents.ts";
import type { Named } from "./named-arrays.ts";

/** What a pickle holds. Throws InputError where that is no array: it says what it holds instead. */
export function withArrays(file: string, { arrays, texts, skipped, settings, objects }: Named): Contents {
  if (arrays.size + texts.size + skipped.size > 0) return { arrays, texts, skipped, settings };
  const asked = [...objects].slice(0, 5).join(", ").slice(0, 300);
  throw new InputError(
    `${file}: expected a checkpoint of tensors (torch.save(model.state_dict(), ...)), got ${asked === "" ? "one without any" : `one that asks for ${asked}; nothing was run`}`,
  );
}
