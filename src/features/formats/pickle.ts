import { InputError } from "../../errors.ts";
import type { Format } from "../format.ts";
import { withArrays } from "../pickle-contents.ts";
import { pickleFileArrays } from "../torch-legacy.ts";
import { joblibFile } from "../unknown-file.ts";

/** Python's pickles, and the checkpoints of PyTorch before 1.6, which are several of them. Those of protocols 0 and 1 begin like text: only the file's name tells them. */
export const pickle: Format = {
  kind: "pickle",
  endings: [".pkl", ".pickle"],
  ordered: true,
  sniff: ([first, second], name) =>
    (first === 0x80 && second >= 2 && second <= 5) ||
    (/\.(pkl|pickle)$/i.test(name) && first !== undefined && "(]}lcd".includes(String.fromCharCode(first))),
  async open(source) {
    const { bytes } = source;
    const { kind, ...named } = await pickleFileArrays(bytes).catch((error) => {
      throw (error instanceof InputError && joblibFile(bytes.what, source)) || error;
    });
    return { kind, ...withArrays(bytes.what, named) };
  },
};
