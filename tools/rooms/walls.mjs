import { hiddenFromPage, rooms, top } from "./rooms.mjs";

/** The walls of the linter: for each room one override of biome.json, with everything that it says of imports (of two overrides for one file the later wins). */

const see = "see docs/design.md, the rooms";

/** `names` and those above them: by which door a room that runs in a browser, or one with Node, comes in. */
const doorsOf = (room, base, browser) =>
  room.browserDoor && browser ? [`!${base}/${room.name}/browser.ts`] : [`!${base}/${room.name}/index.ts`];

function patternsFor({ name, imports, node, alone }, base) {
  const others = [...rooms, top].filter((other) => other.name !== name);
  const closed = others.filter((other) => !imports.includes(other.name));
  const open = others.filter((other) => imports.includes(other.name));
  const patterns = [];
  if (alone) patterns.push({ group: ["../**"], message: `${name}/ imports nothing: ${see}` });
  else if (closed.length > 0)
    patterns.push({
      group: closed.map((other) => `${base}/${other.name}/**`),
      message: `${name}/ does not import these rooms: ${see}`,
    });
  if (open.length > 0)
    patterns.push({
      group: open.flatMap((other) => [`${base}/${other.name}/**`, ...doorsOf(other, base, !node)]),
      message: `the index of a room is its only door (browser.ts for a room that runs in a browser, where there is one): ${see}`,
    });
  if (!node) patterns.push({ group: ["node:*", "jsdom"], message: `${name}/ runs unchanged in a browser` });
  return patterns;
}

function insidePatterns(wall, base) {
  const inside = { group: ["./*", ...wall.imports.map((file) => `!./${file}`)], message: `${wall.message}: ${see}` };
  const names = Object.entries(wall.names).map(([room, { only, never }]) => ({
    group: [`${base}/${room}/index.ts`],
    importNamePattern: only ?? never,
    ...(only ? { invertImportNamePattern: true } : {}),
    message: wall.message,
  }));
  return [inside, ...names];
}

const override = (includes, patterns) => ({
  includes,
  linter: { rules: { style: { noRestrictedImports: { level: "error", options: { patterns } } } } },
});

/** `overrides` of biome.json. */
export function walls() {
  const base = "../**";
  const below = rooms.flatMap((room) => {
    const patterns = patternsFor(room, base);
    const inside = (room.walls ?? []).map((wall) =>
      override(
        wall.files.map((file) => `src/${room.name}/${file}`),
        [...patterns, ...insidePatterns(wall, base)],
      ),
    );
    return [override([`src/${room.name}/**`], patterns), ...inside];
  });
  const all = rooms.map((room) => room.name);
  const cli = patternsFor({ name: top.name, imports: all, node: true }, base);
  // Folders of the page have names of rooms too.
  const seen = all.filter((name) => !hiddenFromPage.includes(name));
  const page = patternsFor({ name: "web", imports: seen }, "**/src");
  return [...below, override([`src/${top.name}/**`], cli), override(["web/**", "!web/vite.config.ts"], page)];
}
