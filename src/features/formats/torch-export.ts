import { InputError } from "../../errors.ts";
import { type Format, isZip } from "../format.ts";

/** Archives of torch.export (.pt2), which are zips as checkpoints are and hold a program: told apart and not read. */
export const torchExport: Format = {
  kind: "torch-export",
  endings: [],
  ordered: true,
  sniff: isZip,
  holds: (members) => members.some((name) => /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/.test(name)),
  async open({ bytes: { what } }) {
    throw new InputError(
      `${what}: expected a checkpoint, got a program of torch.export: write its parameters first (torch.save(torch.export.load(FILE).state_dict, "state.pt"))`,
    );
  },
};
