/**
 * Draws docs/architecture.svg: the rooms of src/ on their floors, with an arrow for every room that another imports.
 * The number at an arrow counts imports. It depends on nothing but the files of src/, so a test can compare the result.
 *   npx node scripts/draw-rooms.ts
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const SRC = join(ROOT, "src");
export const PICTURE = join(ROOT, "docs/architecture.svg");

/** Files directly in src/ are one room, except the description of what a runtime provides. */
const ENTRY = "app";
const PLATFORM = "platform.ts";

/** Top floor first: a room imports from floors below it, never from above. */
const FLOORS: readonly (readonly string[])[] = [
  ["cli"],
  ["node", "edge"],
  [ENTRY],
  ["http"],
  ["services"],
  ["scan"],
  ["store"],
  ["labels", "i18n", PLATFORM],
  ["core"],
];
const PURPOSE: Readonly<Record<string, string>> = {
  cli: "the suyuan command",
  node: "what only Node has: server, files, threads, disk",
  edge: "what only the edge runtime has",
  [ENTRY]: "every surface on one screen; opens no file",
  http: "routes, pages, the public log",
  services: "the verbs; the writer with its group commit",
  scan: "the hot path: verdict, tally, scan log",
  store: "SQLite: records, and what is derived from them",
  labels: "QR, sheets, SVG, ZPL",
  i18n: "Chinese and English",
  [PLATFORM]: "what a runtime provides",
  core: "pure: codes, ledger, goods, custody rules",
};

/** A room: a folder of src/, or the files directly in it. */
export interface Room {
  name: string;
  /** Its folders, or for the entry its files, in alphabetical order. */
  parts: string[];
  files: number;
}

/** How many imports lead from one room to another. */
export interface Arrow {
  from: string;
  to: string;
  imports: number;
}

/** Reads the rooms of a source folder and the imports between them. @throws RangeError for a room without a floor */
export function readRooms(folder: string = SRC): { rooms: Room[]; arrows: Arrow[] } {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith(".d.ts"))
    .sort();
  const rooms = new Map<string, Room>();
  const arrows = new Map<string, Arrow>();
  for (const name of files) {
    const from = roomOf(name);
    noteFile(rooms, from, name);
    for (const target of importsOf(join(folder, name))) {
      const to = roomOf(relative(folder, resolve(folder, dirname(name), target)));
      if (to === from) continue;
      const arrow = arrows.get(`${from} ${to}`) ?? { from, to, imports: 0 };
      arrows.set(`${from} ${to}`, { ...arrow, imports: arrow.imports + 1 });
    }
  }
  const placed = FLOORS.flat();
  for (const name of rooms.keys())
    if (!placed.includes(name))
      throw new RangeError(
        `src/${name} has no floor in the picture: add it to FLOORS in scripts/draw-rooms.ts`,
      );
  return {
    rooms: placed.flatMap((name) => rooms.get(name) ?? []),
    arrows: [...arrows.values()],
  };
}

function roomOf(path: string): string {
  const [first = "", ...rest] = path.split(sep);
  if (rest.length > 0 || first === PLATFORM) return first;
  return ENTRY;
}

function noteFile(rooms: Map<string, Room>, room: string, path: string): void {
  const known = rooms.get(room) ?? { name: room, parts: [], files: 0 };
  const [first = "", second, third] = path.split(sep);
  const part = room === ENTRY ? first : third === undefined ? undefined : second;
  if (part !== undefined && !known.parts.includes(part)) known.parts.push(part);
  rooms.set(room, { ...known, files: known.files + 1 });
}

/** The relative imports of a file that lead to source files. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+\.[jt]s)"/g)].map(([, target]) => target!);
}

const WIDTH = 1000;
const BOX = { left: 20, width: 430 };
const LANES = { left: 560, step: 42 };
/** Between two arrows that end at one room. */
const SLOT = 21;
const GAP = { room: 10, floor: 22 };
const COLOURS = [
  "#c2410c",
  "#0369a1",
  "#4d7c0f",
  "#7e22ce",
  "#be123c",
  "#0f766e",
  "#a16207",
  "#1d4ed8",
  "#6b7280",
];

interface Placed extends Room {
  top: number;
  height: number;
  floor: number;
}

/** The picture as SVG text, 1,000 px wide, for light and dark backgrounds. */
export function drawRooms({ rooms, arrows }: { rooms: Room[]; arrows: Arrow[] }): string {
  const order = rooms.map(({ name }) => name);
  const placed = placeRooms(rooms, arrows);
  const at = new Map(placed.map((room) => [room.name, room]));
  const importers = order.filter((name) => arrows.some(({ from }) => from === name));
  const last = placed.at(-1)!;
  const height = last.top + last.height + 46;
  const body = [
    ...placed.map(drawBox),
    ...importers.map((name, lane) => drawLane(at, order, arrows, name, lane)),
    `<text x="${BOX.left}" y="${height - 16}" class="small">A line leaves a room on the right and ends with an arrow at each room it imports from; the number counts imports. Red and broken: upward.</text>`,
  ];
  return `${opening(height)}\n${body.join("\n")}\n</svg>\n`;
}

function opening(height: number): string {
  const style = [
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.name{font-size:15px;font-weight:600}.small{font-size:11.5px;fill:#59636e}",
    ".page{fill:#fff}.room{fill:#f6f8fa;stroke:#818b98}.count{font-size:11.5px;paint-order:stroke;stroke:#fff;stroke-width:3px}",
    "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.page{fill:#0d1117}.room{fill:#151b23;stroke:#656c76}.count{stroke:#0d1117}.lane{filter:brightness(1.5)}}",
  ].join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="The rooms of src and the imports between them">`,
    `<style>${style}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
  ].join("\n");
}

/** Each room is as high as its arrows need, under the one before. */
function placeRooms(rooms: Room[], arrows: Arrow[]): Placed[] {
  let top = 20;
  let above = -1;
  return rooms.map((room) => {
    const floor = FLOORS.findIndex((names) => names.includes(room.name));
    if (above >= 0) top += floor === above ? GAP.room : GAP.floor;
    above = floor;
    const ends = arrows.filter(({ from, to }) => to === room.name || from === room.name);
    const incoming = ends.filter(({ to }) => to === room.name).length;
    const slots = incoming + (ends.length > incoming ? 1 : 0);
    const height = Math.max(36 + 17 * textLines(room).length, SLOT * slots + 10);
    const placed = { ...room, top, height, floor };
    top += height;
    return placed;
  });
}

/** What a box says under its name: purpose, and its parts in lines of limited length. */
function textLines({ name, parts }: Room): string[] {
  const lines = [PURPOSE[name] ?? ""];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line} · ${part}`;
    if (longer.length > 62) {
      lines.push(line);
      line = part;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

function drawBox(room: Placed): string {
  const { name, files, top, height } = room;
  const x = BOX.left + 14;
  const title = name === ENTRY ? "app" : name;
  const lines = textLines(room).map(
    (line, i) => `<text x="${x}" y="${top + 43 + 17 * i}" class="small">${escaped(line)}</text>`,
  );
  return [
    `<rect class="room" x="${BOX.left}" y="${top}" width="${BOX.width}" height="${height}" rx="6"/>`,
    `<text x="${x}" y="${top + 24}" class="name">${escaped(title)}</text>`,
    `<text x="${BOX.left + BOX.width - 14}" y="${top + 24}" class="small" text-anchor="end">${files} ${files === 1 ? "file" : "files"}</text>`,
    ...lines,
  ].join("\n");
}

/** The line of one importing room: out of its box, along its own lane, and into each room it imports from. */
function drawLane(
  at: Map<string, Placed>,
  order: string[],
  arrows: Arrow[],
  name: string,
  lane: number,
): string {
  const x = LANES.left + lane * LANES.step;
  const right = BOX.left + BOX.width;
  const colour = COLOURS[lane % COLOURS.length]!;
  const startY = slotOf(at.get(name)!, order, arrows, name);
  const parts = [`<path d="M${right} ${startY}H${x}" fill="none" stroke="${colour}" stroke-width="1.6"/>`];
  for (const { to, imports } of arrows.filter(({ from }) => from === name)) {
    const y = slotOf(at.get(to)!, order, arrows, name);
    const upward = order.indexOf(to) < order.indexOf(name);
    const line = upward ? 'stroke="#d1242f" stroke-dasharray="5 4"' : `stroke="${colour}"`;
    const tip = upward ? "#d1242f" : colour;
    parts.push(
      `<path d="M${x} ${startY}V${y}H${right + 9}" fill="none" ${line} stroke-width="1.6"/>`,
      `<path d="M${right + 1} ${y}l10 -4.5v9z" fill="${tip}"/>`,
      `<text x="${right + 18}" y="${y - 4}" class="count">${imports}</text>`,
      `<circle cx="${x}" cy="${y}" r="2.6" fill="${tip}"/>`,
    );
  }
  return `<g class="lane">\n${parts.join("\n")}\n</g>`;
}

/** Where the line of an importer meets a box: its own way out first, then a slot for each importer, in their order. */
function slotOf(room: Placed, order: string[], arrows: Arrow[], importer: string): number {
  const importers = order.filter((name) => arrows.some(({ from, to }) => from === name && to === room.name));
  const leaves = arrows.some(({ from }) => from === room.name);
  const users = leaves ? [room.name, ...importers] : importers;
  const free = room.height - SLOT * users.length;
  return Math.round(room.top + free / 2 + SLOT * (users.indexOf(importer) + 0.5));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

if (import.meta.main) {
  writeFileSync(PICTURE, drawRooms(readRooms()));
  console.log(`wrote ${relative(process.cwd(), PICTURE)}`);
}
