/**
 * node tools/rooms/write.mjs: writes what is made from the list of rooms (rooms.mjs): the walls of biome.json, the table of docs/design.md, `exports` of package.json, the entry points of the
 * API pages. With --check nothing is written, and the exit code is 1 where something would be.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beside, rooms, top } from "./rooms.mjs";
import { walls } from "./walls.mjs";

const root = join(import.meta.dirname, "../..");
const read = (file) => readFileSync(join(root, file), "utf8");

/** Mistakes in the list itself. */
function mistakes() {
  const names = rooms.map((room) => room.name);
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const unordered = rooms.flatMap(({ name, imports }, i) =>
    imports
      .filter((other) => !names.slice(0, i).includes(other))
      .map((other) => `${name} imports ${other}, which is not above it`),
  );
  const missing = folders.filter(({ name }) => ![...names, top.name].includes(name)).map(({ name }) => `src/${name} has no row`);
  const gone = names.filter((name) => !folders.some((folder) => folder.name === name)).map((name) => `there is no src/${name}`);
  return [...unordered, ...missing, ...gone];
}

function formatted(file, text) {
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/biome"), ["format", `--stdin-file-path=${file}`], {
    cwd: root,
    input: text,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`biome format ${file}: ${stderr}`);
  return stdout;
}

function json(file, change) {
  const document = JSON.parse(read(file));
  change(document);
  return formatted(file, `${JSON.stringify(document, null, 2)}\n`);
}

const published = rooms.filter((room) => room.published).map((room) => room.name);

const exported = (path) => ({ types: `./dist/${path}index.d.ts`, default: `./dist/${path}index.js` });

function design() {
  const importsOf = ({ imports, alone }) => (alone ? "nothing at all" : imports.map((name) => `${name}`).join(", "));
  const rows = [
    "| folder | what is in it | imports | Node | public as |",
    "| --- | --- | --- | --- | --- |",
    ...beside.map(({ name, purpose }) => `| \`${name}\` | ${purpose} | | | |`),
    ...rooms.map(
      (room) =>
        `| \`${room.name}/\` | ${room.purpose} | ${importsOf(room)} | ${room.node ? "yes" : ""} | ${room.published ? `\`nclab/${room.name}\`` : ""} |`,
    ),
    `| \`${top.name}/\` | ${top.purpose} | every room | yes | ${top.publishedAs} |`,
  ];
  const [start, end] = ["<!-- rooms: made by npm run rooms -->", "<!-- end of rooms -->"];
  const text = read("docs/design.md");
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/design.md: expected the lines ${start} and ${end}`);
  return `${text.slice(0, from)}${start}\n${rows.join("\n").replaceAll(/ +\|/g, " |")}\n${text.slice(to)}`;
}

const made = {
  "biome.json": () =>
    json("biome.json", (biome) => {
      biome.overrides = walls();
    }),
  "package.json": () =>
    json("package.json", (manifest) => {
      manifest.exports = {
        ".": exported(""),
        ...Object.fromEntries(published.map((name) => [`./${name}`, exported(`${name}/`)])),
      };
    }),
  "tools/api-docs/typedoc.json": () =>
    json("tools/api-docs/typedoc.json", (typedoc) => {
      typedoc.entryPoints = ["../../src/index.ts", ...published.map((name) => `../../src/${name}/index.ts`)];
    }),
  "docs/design.md": design,
};

const wrong = mistakes();
if (wrong.length > 0) {
  console.error(`tools/rooms/rooms.mjs: ${wrong.join("; ")}`);
  process.exit(1);
}
const check = process.argv.includes("--check");
for (const [file, make] of Object.entries(made)) {
  const text = make();
  if (text === read(file)) continue;
  if (check) {
    console.error(`${file} differs from tools/rooms/rooms.mjs: npm run rooms`);
    process.exitCode = 1;
  } else writeFileSync(join(root, file), text);
}
