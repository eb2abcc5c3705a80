import { type HostWords, inWordsOf, namedOptions } from "../src/ways-out.ts";

/**
 * What the page has in the place of an option: texts that it shares with the command line name their way out in options, and a visitor has controls. A text stands once, and each tab says what its own controls are
 * called.
 */
export interface Controls {
  /** What stands for an option. */
  words: HostWords;
  /** Other turns of phrase that mean something to a command line: a pattern of the text, and what is read there instead. They are looked for first. */
  phrases: readonly (readonly [RegExp, string])[];
}

/** Papers and files of the package are not on the page. */
const elsewhere: Controls["phrases"] = [[/ \((theory, section [\d.]+|docs\/\w+\.md)\)/g, ""]];

/** A shared text, with the page's own way out. */
export const wayOut = (text: string, { words, phrases }: Controls): string =>
  inWordsOf(
    words,
    [...phrases, ...elsewhere].reduce((said, [phrase, here]) => said.replace(phrase, here), text),
  );

/** What no control of a tab does is done on the command line. */
const onCommandLine = Object.fromEntries(
  namedOptions.map((option) => [
    option,
    (value: string | null) => `\`nclab\` with --${option}${value === null ? "" : ` ${value}`}`,
  ]),
) as HostWords;

/** Those of a tab. */
export const controls = (words: Partial<HostWords>, phrases: Controls["phrases"] = []): Controls => ({
  words: { ...onCommandLine, ...words },
  phrases,
});
