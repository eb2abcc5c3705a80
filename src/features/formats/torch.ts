import { type Format, isZip } from "../format.ts";
import { withArrays } from "../pickle-contents.ts";
import { isCheckpoint, torchArrays } from "../torch.ts";

/** PyTorch's checkpoints since 1.6, TorchScript among them: zips. Those before are pickles. */
export const torch: Format = {
  kind: "torch",
  endings: [".pt", ".pth", ".ckpt", ".bin"],
  models: [".ckpt", ".bin"],
  ordered: true,
  sniff: isZip,
  holds: isCheckpoint,
  async open({ bytes, members }) {
    return withArrays(bytes.what, await torchArrays(bytes.what, await members()));
  },
};
