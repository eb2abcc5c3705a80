/**
 * What the page has in the place of an option: texts that it shares with the command line name their way out in options, and a visitor has controls. A text stands once, and each tab says what its own controls are
 * called: a pattern of the text, and what is read there instead.
 */
export type Controls = readonly (readonly [RegExp, string])[];

/** Papers and files of the package are not on the page. */
const elsewhere: Controls = [[/ \((theory, section [\d.]+|docs\/\w+\.md)\)/g, ""]];

/** A shared text, with the page's own way out. */
export const wayOut = (text: string, controls: Controls): string =>
  [...controls, ...elsewhere].reduce((said, [option, control]) => said.replace(option, control), text);

/** Of the tab of one's own data. */
export const dataControls: Controls = [
  [/--margin/g, '"margin to reach"'],
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
];

/** Of the files that are measured. */
export const measuringControls: Controls = [
  [/--ignore-label/g, '"label to leave out"'],
  [/--head none/g, 'head "none is looked for"'],
];
