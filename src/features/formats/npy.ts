import { empty, put } from "../contents.ts";
import type { Format } from "../format.ts";
import { UnreadDtype } from "../npy.ts";
import { npyContents } from "../npy-contents.ts";

/** NumPy's file of one array, which has no name: it is called "". */
export const npy: Format = {
  kind: "npy",
  endings: [".npy"],
  ordered: true,
  sniff: ([a, b, c, d]) => a === 0x93 && b === 0x4e && c === 0x55 && d === 0x4d,
  async open({ bytes }) {
    const found = await npyContents(bytes);
    if (found instanceof UnreadDtype) throw found;
    const contents = empty();
    put(contents, "", found);
    return contents;
  },
};
