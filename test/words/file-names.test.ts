import { expect, test } from "vitest";
import { filePlaces, linesOver } from "../../src/words/index.ts";

test.each([
  [["epoch1.npz", "epoch2.npz", "epoch10.npz"], "epoch", [1, 2, 10], null],
  [["step=400-epoch=3.pt", "step=800-epoch=6.pt"], "epoch", [3, 6], null],
  [["iter100.pt", "iter50.pt"], "step", [100, 50], null],
  [["layer1.npy", "layer2.npy"], "layer", [1, 2], null],
  [["epoch3_layer1.npy", "epoch3_layer2.npy"], "layer", [1, 2], null],
  // Both: a line a layer, along the epochs.
  [
    ["layer1_epoch1.npy", "layer1_epoch2.npy", "layer2_epoch1.npy", "layer2_epoch2.npy"],
    "epoch",
    [1, 2, 1, 2],
    ["layer1", "layer1", "layer2", "layer2"],
  ],
  [
    ["epoch1/block2.npz", "epoch1/block3.npz", "epoch5/block2.npz", "epoch5/block3.npz"],
    "epoch",
    [1, 1, 5, 5],
    ["/block2", "/block3", "/block2", "/block3"],
  ],
  [["width32.npy", "width64.npy"], "number in the name", [32, 64], null],
  [["best.npz", "last.npz"], "file", [0, 1], null],
  [["a.npz", "b.npz", "c7.npz"], "file", [0, 1, 2], null],
  [
    ["train_epoch1.npz", "train_epoch2.npz", "val_epoch1.npz", "val_epoch2.npz"],
    "epoch",
    [1, 2, 1, 2],
    ["train", "train", "val", "val"],
  ],
  [
    ["train_epoch1.pt", "train_epoch2.pt", "val_epoch3.pt", "val_epoch4.pt"],
    "epoch",
    [1, 2, 3, 4],
    ["train", "train", "val", "val"],
  ],
  [["warmup_epoch1.pt", "main_epoch2.pt", "main_epoch3.pt"], "epoch", [1, 2, 3], null],
  [["epoch1_val.pt", "epoch1_train.pt", "epoch5_val.pt"], "epoch", [1, 1, 5], ["val", "train", "val"]],
  [["r/epoch1/train.npz", "r/epoch2/train.npz", "r/epoch1/test.npz"], "epoch", [1, 2, 1], ["/train", "/train", "/test"]],
  // One has steps, the other epochs: no axis for both.
  [["train_epoch1.pt", "train_epoch2.pt", "val_step10.pt", "val_step20.pt"], "file", [0, 1, 2, 3], null],
] as const)("%j: %s", (files, axis, at, lines) => {
  expect(filePlaces(files)).toEqual({ axis, at, lines: lines ?? files.map(() => null) });
});

test("each line goes through its own files, in the order of their places", () => {
  const places = filePlaces(["val_epoch2.pt", "val_epoch1.pt", "train_epoch1.pt", "train_epoch2.pt"]);
  expect(linesOver(places, [{ label: "nc1", of: (file) => 10 * file }])).toEqual([
    {
      label: "nc1, val",
      points: [
        { epoch: 1, value: 10 },
        { epoch: 2, value: 0 },
      ],
    },
    {
      label: "nc1, train",
      points: [
        { epoch: 1, value: 20 },
        { epoch: 2, value: 30 },
      ],
    },
  ]);
});
