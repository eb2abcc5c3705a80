import { InputError, inputError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** What a sweep's file (or the command line) says of the cluster; everything may be left to the cluster's own defaults. */
export interface SlurmSettings {
  partition?: string;
  /** As sbatch takes it: minutes, or `1-12:00:00`. */
  time?: string;
  /** Of each point: a number, or `type:number`. */
  gpus?: string;
  account?: string;
  qos?: string;
  cpus?: string;
  memory?: string;
  /** Seconds before its end at which a job is told to save and to queue again. */
  signal?: string;
  /** Environment modules to load. */
  modules?: string[];
  /** Variables to set. */
  environment?: Record<string, string>;
  /** Further arguments of sbatch, as they are. */
  options?: string[];
}

const texts = ["partition", "time", "gpus", "account", "qos", "cpus", "memory", "signal"] as const;
const keys = [...texts, "modules", "environment", "options"];

/** Throws InputError naming `where`, the rule and the value. */
export function readSlurm(value: unknown, where: string): SlurmSettings {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw inputError(where, "names with values", value);
  const settings: SlurmSettings = {};
  for (const [key, x] of Object.entries(value)) {
    const at = `${where}.${key}`;
    if (!keys.includes(key))
      throw new InputError(`${where}: expected one of ${keys.join(", ")}, got ${JSON.stringify(key)}${nearest(key, keys)}`);
    if ((texts as readonly string[]).includes(key)) settings[key as (typeof texts)[number]] = oneWord(x, at);
    else if (key === "environment") settings.environment = environmentOf(x, at);
    else settings[key as "modules" | "options"] = wordsOf(x, at);
  }
  checkSlurm(settings, where);
  return settings;
}

/** What can be said without asking the cluster. */
export function checkSlurm({ time, gpus, signal, cpus }: SlurmSettings, where: string): void {
  if (time !== undefined && !/^(\d+-)?\d+(:\d+){0,2}$/.test(time))
    throw inputError(`${where}: time`, "minutes, or [days-]hours:minutes[:seconds]", time);
  if (gpus !== undefined && !/^([\w.-]+:)?\d+$/.test(gpus)) throw inputError(`${where}: gpus`, "a number, or type:number", gpus);
  for (const [name, x] of Object.entries({ signal, cpus }))
    if (x !== undefined && !/^[1-9]\d*$/.test(x)) throw inputError(`${where}: ${name}`, "a whole number of at least 1", x);
}

/** These words become part of a shell script. */
function oneWord(x: unknown, at: string): string {
  const text = typeof x === "number" ? String(x) : x;
  if (typeof text !== "string" || !/^[\w.:,=@%+/-]+$/.test(text))
    throw inputError(at, "a word of letters, digits and .:,=@%+/-", x);
  return text;
}

function wordsOf(x: unknown, at: string): string[] {
  if (!Array.isArray(x)) throw inputError(at, "a list of words", x);
  return x.map((word, i) => oneWord(word, `${at}[${i}]`));
}

function environmentOf(x: unknown, at: string): Record<string, string> {
  if (typeof x !== "object" || x === null || Array.isArray(x)) throw inputError(at, "names with values", x);
  return Object.fromEntries(
    Object.entries(x).map(([name, value]) => {
      if (!/^[A-Za-z_]\w*$/.test(name)) throw inputError(at, "names of letters, digits and _", name);
      if (!["string", "number", "boolean"].includes(typeof value)) throw inputError(`${at}.${name}`, "a text or a number", value);
      return [name, String(value)];
    }),
  );
}
