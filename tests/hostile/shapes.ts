import { connect, type Socket } from "node:net";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { CREAM, EXPORTER, orderOf } from "../http/actors.ts";
import { call, type Goods } from "../faults/client.ts";
import { sscc } from "../world.ts";

/** What an attack may use: a service, its folder, and goods with keys. */
export interface Target {
  url: string;
  port: number;
  folder: string;
  goods: Goods;
  product: string;
  code: string;
}

/** A hostile shape: what a client does, and what answer it got, in a word. */
export interface Shape {
  name: string;
  /** It works on the service's files, so it cannot be tried on another server. */
  holdsStore?: true;
  attack(target: Target, stop: AbortSignal): Promise<string>;
}

const MARKS = "\u0316\u0301";
const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));

type Who = "nobody" | "maker" | "authority";

/** Posts one body; the status is the answer. */
function post(
  name: string,
  path: string,
  as: Who,
  body: (target: Target) => string,
  type = "application/json",
): Shape {
  return {
    name,
    async attack(target, signal) {
      const headers = new Headers({ "Content-Type": type });
      if (as !== "nobody") headers.set("Authorization", `Bearer ${target.goods[as]}`);
      const url = target.url + path.replace("{CODE}", target.code);
      const answer = await fetch(url, { method: "POST", headers, body: body(target), signal });
      return `${answer.status}, ${Math.ceil((await answer.text()).length / 1000)} kB`;
    },
  };
}

const filing = (more: object): string => JSON.stringify({ ...EXPORTER, ...more });
const order =
  (more: object): ((target: Target) => string) =>
  (target) =>
    JSON.stringify(orderOf(target.product, more));
const event = (more: object): string =>
  JSON.stringify({
    events: [
      {
        kind: "packing",
        at: new Date(Date.now() - 60_000).toISOString(),
        into: sscc(1),
        subjects: [],
        ...more,
      },
    ],
  });
/** A filing with one member as text that JSON.stringify would not write. */
const raw = (member: string, text: string): string => `${filing({}).slice(0, -1)},"${member}":${text}}`;

const NORMALISING: Shape[] = [
  post("normalising-name", "/v1/enterprises", "nobody", () =>
    filing({ names: { en: MARKS.repeat(40_000) } }),
  ),
  post("normalising-address", "/v1/enterprises", "nobody", () => filing({ address: MARKS.repeat(40_000) })),
  post("normalising-hangul", "/v1/enterprises", "nobody", () =>
    filing({ names: { en: "\u1100\u1161\u11a8".repeat(40_000) } }),
  ),
  post("normalising-contact", "/v1/enterprises", "nobody", () =>
    filing({ contacts: [{ name: MARKS.repeat(40_000) }] }),
  ),
  post("normalising-brand", "/v1/products", "maker", () =>
    JSON.stringify({ ...CREAM, brand: MARKS.repeat(40_000) }),
  ),
  post("normalising-lot", "/v1/batches", "maker", order({ lot: MARKS.repeat(40_000) })),
  post("normalising-place", "/v1/events/prepare", "maker", () =>
    event({ place: { name: MARKS.repeat(40_000) } }),
  ),
  post(
    "normalising-pin",
    "/T/{CODE}/pin",
    "nobody",
    () => `pin=${encodeURIComponent(MARKS.repeat(40_000))}`,
    "application/x-www-form-urlencoded",
  ),
];

const MANY_WRONG: Shape[] = [
  post("many-wrong-subjects", "/v1/events", "maker", () =>
    JSON.stringify({
      events: Array.from({ length: 100 }, () => ({
        kind: "packing",
        at: "x",
        subjects: Array.from({ length: 900 }, () => ({ u: 1 })),
      })),
    }),
  ),
  post("many-wrong-events", "/v1/events", "maker", () =>
    JSON.stringify({ events: Array.from({ length: 40_000 }, () => ({ kind: "x" })) }),
  ),
  post("many-wrong-contacts", "/v1/enterprises", "nobody", () =>
    filing({ contacts: Array.from({ length: 1_000_000 }, () => ({})) }),
  ),
  post("many-wrong-numbers", "/v1/enterprises", "nobody", () =>
    filing({ names: { en: Array.from({ length: 500_000 }, () => 0) } }),
  ),
  post(
    "many-wrong-vins",
    "/v1/batches",
    "maker",
    order({ vins: Array.from({ length: 300_000 }, () => "0") }),
  ),
  post("deep-arrays", "/v1/enterprises", "nobody", () =>
    raw("names", "[".repeat(30_000) + "]".repeat(30_000)),
  ),
  post("deep-events", "/v1/events", "maker", () => `{"events":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  post("wide-members", "/v1/products", "maker", () =>
    JSON.stringify({
      ...CREAM,
      attributes: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`a${i}`, "x"])),
    }),
  ),
];

const TOO_LARGE: Shape[] = [
  post("large-name", "/v1/enterprises", "nobody", () => filing({ names: { en: "a".repeat(2_000_000) } })),
  post("large-blanks", "/v1/enterprises", "nobody", () => `${" ".repeat(7_000_000)}${filing({})}`),
  post("large-number", "/v1/batches", "maker", (target) =>
    order({})(target).replace(/"quantity":\d+/, `"quantity":${"9".repeat(200_000)}`),
  ),
  get("large-code", () => `/v1/scan/${"A".repeat(15_000)}`),
  get("large-percent", () => `/T/${"%CC%81%CC%96".repeat(1200)}`),
];

function get(name: string, path: (target: Target) => string): Shape {
  return {
    name,
    async attack(target, signal) {
      const answer = await fetch(target.url + path(target), { signal });
      return `${answer.status}, ${Math.ceil((await answer.text()).length / 1000)} kB`;
    },
  };
}

function socketTo(port: number, stop: AbortSignal): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    // A service that cuts an attacker off does right.
    socket.on("error", () => socket.destroy());
    stop.addEventListener("abort", () => socket.destroy());
    socket.once("close", () => resolve(socket));
    socket.once("connect", () => resolve(socket));
  });
}

/** One connection sends many requests and reads no answer. */
function pipelined(name: string, path: (target: Target) => string, times: number): Shape {
  return {
    name,
    async attack(target, stop) {
      const socket = await socketTo(target.port, stop);
      socket.pause();
      socket.write(`GET ${path(target)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(times));
      await pause(3000);
      const cut = socket.destroyed;
      socket.destroy();
      await pause(500);
      return cut ? "cut off" : `${Math.round(socket.bytesWritten / 1000)} kB sent`;
    },
  };
}

const PIPELINED: Shape[] = [
  pipelined("pipelined-nothing", () => "/nothing", 40_000),
  pipelined("pipelined-log", () => "/v1/log", 40_000),
  pipelined("pipelined-docs", () => "/docs", 10_000),
  pipelined("pipelined-pages", ({ code }) => `/T/${code}?lang=zh`, 20_000),
  pipelined("pipelined-scans", ({ code }) => `/v1/scan/${code}`, 40_000),
];

/** Events about one item by turns, in one call. */
function history(name: string, as: "maker" | "authority", kinds: [object, object]): Shape {
  let calls = 0;
  return post(name, "/v1/events", as, ({ goods }) => {
    calls += 1;
    const beganMs = Date.now() - 60_000;
    const events = Array.from({ length: 240 }, (_, i) => ({
      id: `${name}-${beganMs}-${calls}-${i}`,
      at: new Date(beganMs + i * 100).toISOString(),
      subjects: [{ batch: goods.batch, first: 90_000, last: 90_000 }],
      ...kinds[i % 2],
    }));
    return JSON.stringify({ events });
  });
}

/** Many answers at once: read at full speed, or a little every now and then. */
function streams(name: string, path: string, times: number, slowly: boolean): Shape {
  return {
    name,
    async attack(target, stop) {
      const statuses = new Map<string, number>();
      const request =
        `GET ${path.replace("{BATCH}", target.goods.batch)} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
        `Authorization: Bearer ${target.goods.maker}\r\nConnection: close\r\n\r\n`;
      const read = async (): Promise<void> => {
        const socket = await socketTo(target.port, stop);
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.once("data", (first: Buffer) => {
          const status = first.toString("latin1").slice(9, 12);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        });
        if (slowly)
          socket.on("data", () => {
            socket.pause();
            setTimeout(() => socket.resume(), 100);
          });
        else socket.resume();
        socket.write(request);
        await Promise.race([closed, pause(slowly ? 4000 : 15_000)]);
        socket.destroy();
      };
      await Promise.all(Array.from({ length: times }, read));
      return [...statuses].map(([status, count]) => `${status} × ${count}`).join(", ");
    },
  };
}

/** Connections that never finish their request. */
function unfinished(name: string, start: string, drop: string): Shape {
  return {
    name,
    async attack(target, stop) {
      const sockets = await Promise.all(Array.from({ length: 300 }, () => socketTo(target.port, stop)));
      for (const socket of sockets) socket.write(start);
      for (let second = 0; second < 6; second++) {
        await pause(500);
        for (const socket of sockets) if (!socket.destroyed) socket.write(drop);
      }
      const open = sockets.filter((socket) => !socket.destroyed).length;
      for (const socket of sockets) socket.destroy();
      return `${open} of 300 still open`;
    },
  };
}

/** Clients that send one request after another, for three seconds. */
function flood(
  name: string,
  clients: number,
  request: (target: Target, n: number) => Promise<{ status: number }>,
): Shape {
  return {
    name,
    async attack(target) {
      const statuses = new Map<number, number>();
      const untilMs = performance.now() + 3000;
      let n = 0;
      const one = async (): Promise<void> => {
        while (performance.now() < untilMs) {
          const { status } = await request(target, n++);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: clients }, one));
      return [...statuses].map(([status, count]) => `${status} × ${count}`).join(", ");
    },
  };
}

/** Another process holds SQLite's write lock while somebody writes. */
const LOCKED: Shape = {
  name: "database-locked",
  holdsStore: true,
  async attack({ url, folder, goods }) {
    const database = new Sqlite(join(folder, "suyuan.db"));
    database.exec("BEGIN IMMEDIATE");
    const body = event({
      id: "while-locked",
      subjects: [{ batch: goods.batch, first: 80_000, last: 80_000 }],
    });
    const written = call(url, "POST", "/v1/events", { key: goods.maker, body, once: "while-locked" });
    await pause(3000);
    database.exec("ROLLBACK");
    database.close();
    return String((await written).status);
  },
};

/** Every shape, section by section. Each ends by itself within about 20 seconds, whatever the service does. */
export const SHAPES: readonly Shape[] = [
  ...NORMALISING,
  ...MANY_WRONG,
  ...TOO_LARGE,
  ...PIPELINED,
  history("history-in-and-out", "maker", [
    { kind: "packing", into: sscc(77) },
    { kind: "unpacking", from: sscc(77) },
  ]),
  history("history-held-and-released", "authority", [{ kind: "holding" }, { kind: "releasing" }]),
  streams("streams-codes-slow", "/v1/batches/{BATCH}/codes?format=csv", 200, true),
  streams("streams-codes", "/v1/batches/{BATCH}/codes?format=text", 20, false),
  streams("streams-labels-pdf", "/v1/batches/{BATCH}/labels?format=pdf&first=0&last=999", 4, false),
  streams("streams-labels-zpl", "/v1/batches/{BATCH}/labels?format=zpl&first=0&last=9999", 4, false),
  unfinished("slow-headers", "GET /v1/log HTTP/1.1\r\nHost: 127.0.0.1\r\n", "X-More: x\r\n"),
  unfinished(
    "slow-body",
    "POST /v1/enterprises HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
    " ",
  ),
  LOCKED,
  flood("flood-filings", 16, ({ url }, n) =>
    call(url, "POST", "/v1/enterprises", {
      body: { ...EXPORTER, identity: { scheme: "national", value: `HOSTILE ${n}` } },
    }),
  ),
  flood("flood-pins", 16, ({ url, code }) =>
    call(url, "POST", `/v1/scan/${code}/pin`, { body: { pin: "000000" } }),
  ),
  flood("flood-forged", 32, ({ url }, n) =>
    call(url, "GET", `/v1/scan/0123456789AB${String(n).padStart(4, "0")}`),
  ),
  flood("flood-bundles", 8, ({ url, code }) => call(url, "GET", `/v1/trace/${code}/bundle`)),
  flood("flood-traces", 16, ({ url, code }) => call(url, "GET", `/v1/trace/${code}`)),
  flood("flood-pages", 32, ({ url, code }) => call(url, "GET", `/T/${code}`)),
  flood("flood-audits", 2, ({ url, goods }) =>
    call(url, "POST", "/v1/audits", { key: goods.authority, body: { scope: { ledger: true } } }),
  ),
];

/** @throws RangeError for a name that no shape has */
export function shapeOf(name: string): Shape {
  const shape = SHAPES.find((one) => one.name === name);
  if (shape === undefined)
    throw new RangeError(`no shape is called ${name}; there are ${SHAPES.map((one) => one.name).join(", ")}`);
  return shape;
}
