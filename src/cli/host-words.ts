import { type HostWords, inWordsOf, keysValue, type NamedOption, namedOptions } from "../ways-out.ts";

/** What other languages say in the place of options: settings of `nclab serve` by their names there, arguments of Python's `nclab.torch.Recorder` by theirs. */

type Named = (option: string) => string;

const ofLibrary: Named = (option) => option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const ofRecorder: Named = (option) => option.replaceAll("-", "_");

/** An argument with its value, where that is one which a program can be given: a number, a word, a name that stands for one. */
const argument = (name: string) => (value: string | null) => {
  if (value === null || value === "FILE") return name;
  return `${name}=${/^(-?[\d.]+|[A-Z]+)$/.test(value) ? value : JSON.stringify(value)}`;
};

/** `--keys labels=NAME[:,0]`: arrays are given themselves here, but for the head, which is named. */
const picked =
  (roles: Readonly<Record<string, string>>) =>
  (value: string | null): string => {
    const { role, name = null, part = "" } = keysValue(value);
    if (role === undefined) return "the array itself";
    if (role === "weight" && part === "") return argument("head")(name);
    return `${roles[role] ?? role}${part}`;
  };

const roles = { weight: "headWeight", bias: "headBias" };

function wordsOf(named: Named, rest: Partial<HostWords>): HostWords {
  const words = Object.fromEntries(namedOptions.map((option) => [option, argument(named(option))]));
  return { ...words, list: "`nclab measure FILE --list`", ...rest } as Record<NamedOption, (value: string | null) => string>;
}

export const settingWords: HostWords = wordsOf(ofLibrary, { keys: picked(roles) });
const recorderWords: HostWords = wordsOf(ofRecorder, { keys: picked({ weight: "head", bias: "head" }) });

/** What a command says to whoever runs it: NCLAB_WORDS=recorder is that of a recorder, which shows it to its own user. */
export const spoken = (text: string, host: string | undefined = process.env.NCLAB_WORDS): string =>
  host === "recorder" ? inWordsOf(recorderWords, text) : text;
