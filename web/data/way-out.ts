import { type Controls, controls } from "../way-out.ts";

/** Of the tab of one's own data. */
export const dataControls: Controls = controls(
  {
    margin: '"margin to reach"',
    counts: "the field of the classes",
    "long-tail": "the field of the classes",
    "weight-decay": '"weight decay"',
    ends: '"what ends the network"',
  },
  [
    [
      /the offsets that equalize the margins are in the summary \(`offsets`\)/g,
      "offsets in a line of PyTorch equalize the margins",
    ],
    [/^optimizer: expected sgd, got adamw: its decay/, "AdamW is not covered: its decay"],
    [/^ends: expected .+?, got [\w-]+: /s, "Not covered: "],
    [/and give its lambda_W and lambda_H/g, 'and choose "explicit penalties"'],
    [/--ignore-label (-?\d+): samples/g, "leave label $1 out of the file: samples"],
    [/: --ignore-label (-?\d+)/g, ": leave $1 out of the file"],
    [/--ignore-label leaves out samples without one/g, "leave samples without one out of the file"],
    // Labels are counted here, and columns of a table are chosen by its owner.
    [/(; |\()in measure, --keys labels=\S+ takes (a|the first) column/g, "$1drop that column alone"],
    [/in measure, --keys labels=\S+ takes one/g, "save one column of it"],
  ],
);
